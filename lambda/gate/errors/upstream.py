"""A neighbour failed: AWS, or the identity provider."""

from gate.errors.base import GateError


class UpstreamError(GateError):
    """A neighbour that we depend on failed; nothing that the client sent."""

    status = 502


class AwsError(UpstreamError):
    """AWS answered with an error that trying again may or may not mend."""

    reason = "aws_error"
    title = "AWS did not answer as it should"
    words = "Try again in a minute; if it stays, send the reference to your platform team."


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


class IdentityProviderDownError(UpstreamError):
    """The issuer can't be reached, or answers nonsense."""

    status = 503
    reason = "identity_provider_down"
    title = "The sign-in service does not answer"
    words = "Your identity provider can't be reached right now. Try again in a minute."
    retry_after = 60
