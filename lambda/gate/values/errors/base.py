"""The base class of the gate's errors, and one class for each kind of status."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar


class Category(StrEnum):
    """What an error means for the metrics. The values are names of metrics."""

    DETOUR = "Detours"
    """A step on the way: the caller signs in or waits, and then continues."""
    REFUSAL = "Refusals"
    """The request was refused, or the client made a mistake."""
    FAILURE = "Failures"
    """The gate, AWS or another service failed."""


class NextPage(StrEnum):
    """The page that an error page links to."""

    NOTEBOOKS = "notebooks"
    SIGN_IN = "sign_in"
    FRESH_SIGN_IN = "fresh_sign_in"
    REQUESTS = "requests"
    NONE = "none"


class GateError(Exception):
    """Any error that the gate reports to a caller."""

    status: ClassVar[int] = 500
    category: ClassVar[Category] = Category.FAILURE
    reason: ClassVar[str] = "internal"
    """The reason code, for logs, metrics and JSON clients."""
    title: ClassVar[str] = "Something went wrong"
    words: ClassVar[str] = (
        "This is our fault. Try again. If it happens again, send the reference to your platform team."
    )
    template: ClassVar[str] = "error.html"
    """The page that shows the error."""
    next_page: ClassVar[NextPage] = NextPage.NOTEBOOKS
    headers: ClassVar[Mapping[str, str]] = {}
    """Headers of each response that reports the error."""
    retry_after: int | None = None
    """Seconds after which a retry can succeed, for the `Retry-After` header."""

    def __init__(self) -> None:
        super().__init__(self.words)

    @property
    def details(self) -> dict[str, str]:
        """More facts for JSON clients. They are the gate's own: never text that the client or AWS wrote."""
        return {}

    def refresh_after(self) -> int | None:
        """Return the seconds after which a browser reloads the page by itself, or None if it does not."""
        return None


class BadRequestError(GateError):
    """The request is malformed."""

    status = 400
    category = Category.REFUSAL


class UnauthenticatedError(GateError):
    """The caller is not authenticated."""

    status = 401
    category = Category.REFUSAL
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}  # required by RFC 9110 §15.5.2


class ForbiddenError(GateError):
    """The caller is authenticated, and may not do this."""

    status = 403
    category = Category.REFUSAL


class NotFoundError(GateError):
    """The path does not exist."""

    status = 404
    category = Category.REFUSAL
    reason = "not_found"
    title = "This page does not exist"
    words = "Check the address, or choose from your notebooks."
