"""A way back from the identity provider that signs nobody in.

All are 400: what the browser brings decides, and whoever begins a sign-in can bring any of it. With a 5xx, a client
could make the gate look broken, and set off its alarms.
"""

from gate.errors.base import BadRequestError


class LoginFailedError(BadRequestError):
    """The way back from the identity provider does not belong to a sign-in that this browser began."""

    reason = "login_failed"
    title = "Signing in did not work"
    words = "The sign-in took too long, was used before, or was begun in another browser. Sign in again."


class SignInDeniedError(LoginFailedError):
    """The person cancelled, or the provider does not let them use this application."""

    reason = "sign_in_denied"
    title = "You were not signed in"
    words = (
        "You cancelled, or your identity provider does not let you use this application. Sign in again; if it says no, "
        "ask your platform team."
    )


class InteractionRequiredError(LoginFailedError):
    """The provider wants the person to do something there first: choose an account, agree, prove more."""

    reason = "interaction_required"
    title = "Your identity provider needs something from you"
    words = (
        "Sign in again and do what it asks: choose an account, agree, or confirm who you are. If it asks nothing, send "
        "the reference to your platform team."
    )


class ProviderFailedError(LoginFailedError):
    """The provider failed, or names an error that says no more than that."""

    reason = "provider_failed"
    title = "Your identity provider could not sign you in"
    words = "Sign in again in a minute; if it stays, send the reference to your platform team."


class RequestRefusedError(LoginFailedError):
    """The provider does not accept what the gate asks of it: its scopes, its flow, or its client id."""

    reason = "request_refused"
    title = "Signing in is set up wrongly"
    words = "Your identity provider does not accept the gate's request. Send the reference to your platform team."
