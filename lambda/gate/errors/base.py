"""The root of the tree, and its first branches."""

from typing import ClassVar


class GateError(Exception):
    """Any refusal or failure that is told to the caller."""

    status: ClassVar[int] = 500
    reason: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"
    words: ClassVar[str] = "This is our fault. Try again; if it stays, send the reference to your platform team."
    retry_after: int | None = None
    """Seconds after which trying again makes sense, for the `Retry-After` header."""
    template: ClassVar[str] = "error.html"
    """The page that tells it."""

    def __init__(self) -> None:
        super().__init__(self.words)

    @property
    def details(self) -> dict[str, str]:
        """More for JSON clients: facts of the gate's own, never anything that the client or AWS wrote."""
        return {}


class BadRequestError(GateError):
    """What was asked can't be understood."""

    status = 400


class UnauthenticatedError(GateError):
    """Nobody knows yet who is calling."""

    status = 401


class ForbiddenError(GateError):
    """We know who is calling, and the answer is no."""

    status = 403


class NotFoundError(GateError):
    """No such page."""

    status = 404
    reason = "not_found"
    title = "There is no such page"
    words = "Check the address, or choose from your notebooks."
