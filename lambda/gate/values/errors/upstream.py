"""Errors of the services that the gate depends on: AWS and the identity provider."""

import secrets

from gate.values.errors.base import GateError, NextPage

# fmt: off

class UpstreamError(GateError, status=502):
    """A service that the gate depends on failed. The client did not cause this."""

class AwsError(UpstreamError, reason="aws_error", title="AWS did not respond as expected",
        words="Try again in a minute. If it happens again, send the reference to your platform team."):
    """AWS returned an error. A retry may or may not succeed."""

class SignOutIncompleteError(UpstreamError, reason="sign_out_incomplete",
        title="You are signed out here, but perhaps not in other browsers", next_page=NextPage.SIGN_IN,
        words="AWS did not respond as expected, so you may still be signed in in your other browsers. Sign in again "
        "in a minute, and press Sign out everywhere once more. If it fails again, send the reference to your "
        "platform team."):
    """A sign-out everywhere could not write its cutoff, or the outcome of the write is unknown."""

class AwsDeniedError(UpstreamError, reason="aws_denied", title="AWS denied the gate's own call",
        words="The deployment's policies need fixing. Send the reference to your platform team."):
    """AWS denied a call of the gate itself. The deployment's policies and addresses do not match."""

class LaunchRoleDeniedError(UpstreamError, reason="launch_role_denied",
        title="AWS does not let the gate open notebooks yet", status=503, retry_after=10,
        words="This happens in the first minute after a deployment. Try again in ten seconds; an open page does so "
        "by itself. If it lasts longer, send the reference to your platform team."):
    """AWS denies the gate the launch role, as it does for some seconds after the role's creation.

    The gate has tried for up to four seconds.
    """

    def refresh_after(self) -> int | None:
        """Return `retry_after`."""
        return self.retry_after

class InstanceQuotaError(UpstreamError, reason="instance_quota",
        title="The quota for this instance type is used up", status=503,
        words="The account may not run more instances of this type at once. Ask your platform team to raise the "
        "quota, or wait until somebody stops a notebook."):
    """The account runs as many instances of the type as AWS allows it to (`ResourceLimitExceeded`)."""

class PolicyTooLargeError(UpstreamError, reason="policy_too_large", title="Your networks do not fit into AWS's policy",
        words="Your platform team must shorten the lists of addresses in the gate's settings. Send them the "
        "reference."):
    """STS does not accept the session policy.

    It is longer than 2,048 characters, or its packed form is too large (`PackedPolicyTooLarge`). Synth warns about
    names in Studio that lead to this.
    """

class ThrottledError(UpstreamError, reason="throttled", title="Many people are opening notebooks right now",
        status=503, words="AWS is limiting requests. Try again in a few seconds. An open page does so by itself."):
    """AWS throttled a call."""

    retry_after: int = 5

    def refresh_after(self) -> int | None:
        """Return `retry_after` with jitter, so that throttled browsers do not all come back at once."""
        return self.retry_after + secrets.randbelow(self.retry_after + 1)

class InLineError(ThrottledError, reason="in_line", title="You are in line", status=202,
        template="in_line.html",
        words="Many people are opening notebooks right now. Leave this page open: it opens your notebook when it is "
        "your turn."):
    """AWS throttles, and the caller waits in the launch queue."""

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

class IdentityProviderDownError(UpstreamError, reason="identity_provider_down",
        title="The sign-in service is not responding", status=503, next_page=NextPage.SIGN_IN, retry_after=60,
        words="Your identity provider can't be reached right now. Try again in a minute."):
    """The issuer does not respond, or sends an invalid response."""

class IdentityProviderBusyError(IdentityProviderDownError, reason="identity_provider_busy",
        title="The sign-in service is busy",
        words="Your identity provider is limiting requests. Sign in again in a minute."):
    """The issuer throttles the gate (HTTP 429)."""

class ClientRefusedError(UpstreamError, reason="client_refused", title="Signing in is not set up correctly",
        next_page=NextPage.SIGN_IN,
        words="Your identity provider does not accept the gate. Send the reference to your platform team."):
    """The issuer refuses the gate itself: its client id, its secret, or the flow that it is registered for."""

class WrongIssuerError(UpstreamError, reason="wrong_issuer", title="Signing in is not set up correctly",
        next_page=NextPage.SIGN_IN,
        words="The gate is configured with another address than your identity provider uses for itself. Send the "
        "reference to your platform team."):
    """The discovery document names another issuer than the settings."""

    def __init__(self, named: str = "") -> None:
        """`named`: the issuer that the document names, for logs and operators only."""
        super().__init__()
        self.named = named
