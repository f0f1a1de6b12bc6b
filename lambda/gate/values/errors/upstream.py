"""Errors of the services that the gate depends on: AWS and the identity provider."""

import secrets

from gate.values.errors.base import Category, GateError, NextPage


class UpstreamError(GateError):
    """A service that the gate depends on failed. The client did not cause this."""

    status = 502


class AwsError(UpstreamError):
    """AWS returned an error. A retry may or may not succeed."""

    reason = "aws_error"
    title = "AWS did not respond as expected"
    words = "Try again in a minute. If it happens again, send the reference to your platform team."


class SignOutIncompleteError(UpstreamError):
    """A sign-out everywhere could not write its cutoff, or the outcome of the write is unknown."""

    next_page = NextPage.SIGN_IN
    reason = "sign_out_incomplete"
    title = "You are signed out here, but perhaps not in other browsers"
    words = (
        "AWS did not respond as expected, so you may still be signed in in your other browsers. Sign in again in a "
        "minute, and press Sign out everywhere once more. If it fails again, send the reference to your platform team."
    )


class AwsDeniedError(UpstreamError):
    """AWS denied a call of the gate itself. The deployment's policies and addresses do not match."""

    reason = "aws_denied"
    title = "AWS denied the gate's own call"
    words = "The deployment's policies need fixing. Send the reference to your platform team."


class LaunchRoleDeniedError(UpstreamError):
    """AWS denies the gate the launch role, as it does for some seconds after the role's creation."""

    status = 503
    reason = "launch_role_denied"
    title = "AWS does not let the gate open notebooks yet"
    words = (
        "This happens in the first minute after a deployment. Try again in ten seconds; an open page does so by "
        "itself. If it lasts longer, send the reference to your platform team."
    )
    retry_after = 10

    def refresh_after(self) -> int | None:
        """Return `retry_after`."""
        return self.retry_after


class InstanceQuotaError(UpstreamError):
    """The account runs as many instances of the notebook's type as AWS allows it to."""

    status = 503
    reason = "instance_quota"
    title = "All places for notebooks of this type are taken"
    words = (
        "The account may not run more instances of this type at once. Ask your platform team to raise the quota, or "
        "wait until somebody stops a notebook."
    )


class PolicyTooLargeError(UpstreamError):
    """STS does not accept the session policy: its packed form is too large."""

    reason = "policy_too_large"
    title = "Your networks do not fit into AWS's policy"
    words = "Your platform team must shorten the lists of addresses in the gate's settings. Send them the reference."


class ThrottledError(UpstreamError):
    """AWS throttled a call."""

    status = 503
    reason = "throttled"
    title = "Many people are opening notebooks right now"
    words = "AWS asked us to slow down. Try again in a few seconds. An open page does so by itself."
    retry_after: int = 5

    def refresh_after(self) -> int | None:
        """Return `retry_after` with jitter, so that throttled browsers do not all come back at once."""
        return self.retry_after + secrets.randbelow(self.retry_after + 1)


class InLineError(ThrottledError):
    """AWS throttles, and the caller waits in the launch queue."""

    status = 202
    category = Category.DETOUR
    reason = "in_line"
    title = "You are in line"
    words = (
        "Many people are opening notebooks right now. Leave this page open: it opens your notebook when it is your "
        "turn."
    )
    template = "in_line.html"

    def __init__(self, ahead: int, seconds: float, waiting: int) -> None:
        """`ahead`: callers ahead of this one. `seconds`: until its turn. `waiting`: callers in the queue."""
        super().__init__()
        self.ahead = ahead
        self.seconds = round(seconds)
        # The queue may become faster, so nobody waits long between two requests; but a long queue sends no more than
        # 75 requests a second in all. Callers near the front get jitter, so that they do not come all at once.
        longest = max(10.0, waiting / 75)
        self.retry_after = max(1, round(min(seconds * 0.9, longest))) + (secrets.randbelow(3) if seconds < 5 else 0)

    @property
    def about(self) -> str:
        """The waiting time in words."""
        minutes = round(self.seconds / 60)
        return f"{minutes} minutes" if minutes > 1 else "a minute" if self.seconds > 20 else "a few seconds"

    @property
    def details(self) -> dict[str, str]:
        """The position in the queue."""
        return {"ahead": str(self.ahead), "seconds": str(self.seconds)}

    def refresh_after(self) -> int | None:
        """Return `retry_after` as it is: the queue spreads its callers already."""
        return self.retry_after


class IdentityProviderDownError(UpstreamError):
    """The issuer does not respond, or sends an invalid response."""

    status = 503
    next_page = NextPage.SIGN_IN
    reason = "identity_provider_down"
    title = "The sign-in service is not responding"
    words = "Your identity provider can't be reached right now. Try again in a minute."
    retry_after = 60


class IdentityProviderBusyError(IdentityProviderDownError):
    """The issuer throttles the gate (HTTP 429)."""

    reason = "identity_provider_busy"
    title = "The sign-in service is busy"
    words = "Your identity provider asked the gate to slow down. Sign in again in a minute."


class ClientRefusedError(UpstreamError):
    """The issuer refuses the gate itself: its client id, its secret, or the flow that it is registered for."""

    next_page = NextPage.SIGN_IN
    reason = "client_refused"
    title = "Signing in is not set up correctly"
    words = "Your identity provider does not accept the gate. Send the reference to your platform team."


class WrongIssuerError(UpstreamError):
    """The discovery document names another issuer than the settings."""

    next_page = NextPage.SIGN_IN
    reason = "wrong_issuer"
    title = "Signing in is not set up correctly"
    words = (
        "The gate is configured with another address than your identity provider uses for itself. Send the reference "
        "to your platform team."
    )

    def __init__(self, named: str = "") -> None:
        """`named`: the issuer that the document names, for logs and operators only."""
        super().__init__()
        self.named = named
