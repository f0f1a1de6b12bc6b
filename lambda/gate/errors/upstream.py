"""A neighbour failed: AWS, or the identity provider."""

import secrets

from gate.errors.base import GateError


class UpstreamError(GateError):
    """A neighbour that we depend on failed; nothing that the client sent."""

    status = 502


class AwsError(UpstreamError):
    """AWS answered with an error that trying again may or may not mend."""

    reason = "aws_error"
    title = "AWS did not answer as it should"
    words = "Try again in a minute; if it stays, send the reference to your platform team."


class SignOutIncompleteError(UpstreamError):
    """The cutoff of somebody who signs out everywhere could not be written, or nobody knows whether it was."""

    reason = "sign_out_incomplete"
    title = "You are signed out here, but perhaps not elsewhere"
    words = (
        "AWS did not answer as it should, so sign-ins in your other browsers may go on. Sign in again in a minute, and "
        "press Sign out everywhere once more; if it fails again, send the reference to your platform team."
    )


class AwsDeniedError(UpstreamError):
    """AWS refused the gate's own call: the deployment's policies and addresses don't fit together."""

    reason = "aws_denied"
    title = "AWS refused the gate's own call"
    words = "The deployment's policies need mending. Send the reference to your platform team."


class ThrottledError(UpstreamError):
    """AWS asks for patience."""

    status = 503
    reason = "throttled"
    title = "Many people are opening notebooks right now"
    words = "AWS asked us to slow down. Try again in a few seconds; an open page does so by itself."
    retry_after = 5


class InLineError(ThrottledError):
    """AWS asks for patience, so people stand in line. Carries when to look again."""

    status = 202
    reason = "in_line"
    title = "You are in line"
    words = (
        "Many people are opening notebooks right now. Leave this page open: it goes in by itself when it is your turn."
    )
    template = "in_line.html"

    def __init__(self, ahead: int, seconds: float, waiting: int) -> None:
        """`ahead`: people before the caller. `seconds`: until it is their turn. `waiting`: people in line."""
        super().__init__()
        self.ahead = ahead
        self.seconds = round(seconds)
        # Never long, for the line may move faster than it did; but a long one asks 75 times a second, all together.
        # Who is nearly there looks at times of their own, not all at once.
        longest = max(10.0, waiting / 75)
        self.retry_after = max(1, round(min(seconds * 0.9, longest))) + (secrets.randbelow(3) if seconds < 5 else 0)

    @property
    def about(self) -> str:
        """The time in words."""
        minutes = round(self.seconds / 60)
        return f"{minutes} minutes" if minutes > 1 else "a minute" if self.seconds > 20 else "some seconds"

    @property
    def details(self) -> dict[str, str]:
        """Where in the line."""
        return {"ahead": str(self.ahead), "seconds": str(self.seconds)}


class IdentityProviderDownError(UpstreamError):
    """The issuer can't be reached, or answers nonsense."""

    status = 503
    reason = "identity_provider_down"
    title = "The sign-in service does not answer"
    words = "Your identity provider can't be reached right now. Try again in a minute."
    retry_after = 60


class IdentityProviderBusyError(IdentityProviderDownError):
    """The issuer answers 429: it asks for patience."""

    reason = "identity_provider_busy"
    title = "The sign-in service is busy"
    words = "Your identity provider asked the gate to slow down. Sign in again in a minute."


class ClientRefusedError(UpstreamError):
    """The issuer refuses the gate itself: its client id, its secret, or the flow it is registered for."""

    reason = "client_refused"
    title = "Signing in is set up wrongly"
    words = "Your identity provider does not accept the gate. Send the reference to your platform team."


class WrongIssuerError(UpstreamError):
    """The provider's discovery document speaks for another issuer than the one in the settings."""

    reason = "wrong_issuer"
    title = "Signing in is set up wrongly"
    words = "The gate knows your identity provider by a wrong address. Send the reference to your platform team."

    def __init__(self, named: str = "") -> None:
        """`named`: the issuer that the document names, for logs and operators; no answer carries it."""
        super().__init__()
        self.named = named
