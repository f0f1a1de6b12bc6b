"""Errors of sign-ins that the identity provider sends back without signing anybody in.

All of them are 400, because any client can cause them with a made-up callback. A 5xx would let a client raise the
alarms for failures.
"""

from gate.values.errors.base import BadRequestError, NextPage

# fmt: off

class LoginFailedError(BadRequestError, reason="login_failed", title="Signing in did not work",
        next_page=NextPage.SIGN_IN,
        words="The sign-in took too long, was used before, or was begun in another browser. Sign in again."):
    """The sign-in took too long, was used before, or was begun in another browser.

    A person who is signed in continues instead. A sign-in that took too long starts again by itself, once.
    """

class SignInDeniedError(LoginFailedError, reason="sign_in_denied", title="You were not signed in",
        words="You cancelled, or your identity provider does not let you use this application. Sign in again. If it "
        "refuses again, ask your platform team."):
    """The provider returned `access_denied`: the person cancelled, or may not use this application."""

class InteractionRequiredError(LoginFailedError, reason="interaction_required",
        title="Your identity provider needs something from you",
        words="Sign in again and do what it asks: choose an account, agree, or confirm who you are. If it asks "
        "nothing, send the reference to your platform team."):
    """The provider requires an interaction first: the person must choose an account, consent, or prove more.

    It returned `login_required`, `interaction_required`, `consent_required`, `account_selection_required` or
    `unmet_authentication_requirements`.
    """

class ProviderFailedError(LoginFailedError, reason="provider_failed",
        title="Your identity provider could not sign you in",
        words="Sign in again in a minute. If it fails again, send the reference to your platform team."):
    """The provider returned `server_error`, `temporarily_unavailable` or an unknown error."""

class RequestRefusedError(LoginFailedError, reason="request_refused", title="Signing in is not set up correctly",
        words="Your identity provider does not accept the gate's request. Send the reference to your platform team."):
    """The provider does not accept the gate's request: its scopes, its flow, or its client id.

    It returned `invalid_scope`, `unauthorized_client`, `unsupported_response_type`, `invalid_request` or the like.
    """
