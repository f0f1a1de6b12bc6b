"""Everything that can go wrong, as a small tree.

One class a case. Each has a fixed status, a reason code for logs and JSON clients, and fixed words that
say what to do next. Nothing is ever interpolated, so no token, cookie, code or URL can be in an answer.
"""

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from gate.launch.instance import Instance


class GateError(Exception):
    """Any refusal or failure that is told to the caller."""

    status: ClassVar[int] = 500
    reason: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"
    words: ClassVar[str] = "This is our fault. Try again; if it stays, send the reference to your platform team."
    retry_after: ClassVar[int | None] = None
    """Seconds after which trying again makes sense, for the `Retry-After` header."""

    def __init__(self) -> None:
        super().__init__(self.words)

    @property
    def details(self) -> dict[str, str]:
        """More for JSON clients: facts of the gate's own, never anything that the client or AWS wrote."""
        return {}


class BadRequestError(GateError):
    """What was asked can't be understood."""

    status = 400


class InvalidNotebookNameError(BadRequestError):
    """The name in the path is none that SageMaker could give."""

    reason = "invalid_name"
    title = "That is not a notebook's name"
    words = "A name has up to 63 letters, digits and hyphens. Check the bookmark, or choose from your notebooks."


class InvalidViewError(BadRequestError):
    """`?view=` is neither lab nor classic."""

    reason = "invalid_view"
    title = "That view does not exist"
    words = "Use view=lab or view=classic, or leave it out."


class LoginFailedError(BadRequestError):
    """The way back from the identity provider does not belong to a sign-in that this browser began."""

    reason = "login_failed"
    title = "Signing in did not work"
    words = "The sign-in took too long, was used before, or was begun in another browser. Sign in again."


class UnauthenticatedError(GateError):
    """Nobody knows yet who is calling."""

    status = 401


class NotSignedInError(UnauthenticatedError):
    """No session cookie or token came with the request, or the session is over."""

    reason = "not_signed_in"
    title = "Please sign in"
    words = "You are not signed in, or your session is over. Sign in and try again."


class InvalidTokenError(UnauthenticatedError):
    """A bearer token came, and it does not prove anything."""

    reason = "invalid_token"
    title = "The token was not accepted"
    words = "The ID token is expired, altered, or meant for another application. Get a new one and try again."


class ForbiddenError(GateError):
    """We know who is calling, and the answer is no."""

    status = 403


class NotGrantedError(ForbiddenError):
    """No grant, or no such notebook: one and the same answer, so that names can't be found out by trying."""

    reason = "not_granted"
    title = "This notebook is not yours to open"
    words = "You have no access to it, or it does not exist. Ask your platform team for access to it."


class NoPowerError(ForbiddenError):
    """The grant opens the notebook, but does not start or stop it."""

    reason = "no_power"
    title = "You may not start or stop this notebook"
    words = "You may open it, but your grant does not include starting or stopping. Ask your platform team."


class EmailNotVerifiedError(ForbiddenError):
    """The identity provider names no address, or does not vouch for it."""

    reason = "email_not_verified"
    title = "Your e-mail address is not verified"
    words = "Your identity provider does not vouch for your e-mail address. Verify it there, then sign in again."


class TooManyGroupsError(ForbiddenError):
    """More groups than fit into the session cookie, or a pointer to them instead of their names."""

    reason = "too_many_groups"
    title = "You are in too many groups"
    words = (
        "Your identity provider sent more groups than a session can hold, or a pointer instead of their names. "
        "Ask your platform team to narrow the setting identity.groups, or to have the provider send fewer."
    )


class UnknownIamCallerError(ForbiddenError):
    """The IAM route was reached without an identity that can be named."""

    reason = "unknown_iam_caller"
    title = "Your AWS identity was not recognised"
    words = "Call this address with a signed request (SigV4) of a user or role."


class WrongOriginError(ForbiddenError):
    """A form was sent from a page that is not ours (cross-site request forgery)."""

    reason = "wrong_origin"
    title = "That did not come from this site"
    words = "Open your notebooks here and use the buttons on the page."


class NotFoundError(GateError):
    """No such page."""

    status = 404
    reason = "not_found"
    title = "There is no such page"
    words = "Check the address, or choose from your notebooks."


class NotebookMissingError(NotFoundError):
    """The grant names a notebook that is gone."""

    reason = "notebook_missing"
    title = "This notebook no longer exists"
    words = "Your grant names a notebook that was deleted. Ask your platform team for a new one."


class NotReadyError(GateError):
    """The notebook exists, but can't be opened as it stands. Carries how it stands, for who can tell more of it."""

    status = 409

    def __init__(self, instance: "Instance") -> None:
        super().__init__()
        self.instance = instance

    @property
    def details(self) -> dict[str, str]:
        """How the notebook stands."""
        return {"state": self.instance.state}


class NotebookStoppedError(NotReadyError):
    """It is stopped."""

    reason = "notebook_stopped"
    title = "This notebook is stopped"
    words = "Start it, and you go in as soon as it runs. If your grant does not include that, ask your platform team."


class NotebookStartingError(NotReadyError):
    """It starts."""

    status = 202
    reason = "notebook_starting"
    title = "This notebook is starting"
    words = "You go in as soon as it runs. There is nothing to do but wait."
    retry_after = 15


class NotebookStoppingError(NotReadyError):
    """It stops."""

    reason = "notebook_stopping"
    title = "This notebook is stopping"
    words = "Wait until it has stopped, about a minute; then start it again."
    retry_after = 15


class NotebookFailedError(NotReadyError):
    """SageMaker could not start it."""

    reason = "notebook_failed"
    title = "This notebook has failed"
    words = "SageMaker could not start it. Start it again; if it fails again, tell your platform team."


class NotebookBusyError(NotReadyError):
    """It is being updated or deleted, or in a state that came after this was written."""

    reason = "notebook_busy"
    title = "This notebook is being changed"
    words = "Somebody updates or deletes it. Try again in a few minutes, or ask your platform team."
    retry_after = 60


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
    words = "AWS asked us to slow down. This page tries again by itself in a few seconds."
    retry_after = 5


class IdentityProviderDownError(UpstreamError):
    """The issuer can't be reached, or answers nonsense."""

    status = 503
    reason = "identity_provider_down"
    title = "The sign-in service does not answer"
    words = "Your identity provider can't be reached right now. Try again in a minute."
    retry_after = 60
