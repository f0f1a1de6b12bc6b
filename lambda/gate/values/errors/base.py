"""The base class of the gate's errors, and one class for each kind of status."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, TypedDict, Unpack


class Category(StrEnum):
    """What an error means for the metrics. The values are names of metrics."""

    INTERIM = "Detours"
    """The response is interim: the caller signs in or waits, and then continues."""
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


class ErrorFacts(TypedDict, total=False):
    """What distinguishes an error: the attributes of `GateError` that its class statement can set by keyword."""

    reason: str
    title: str
    words: str
    status: int
    category: Category
    template: str
    next_page: NextPage
    retry_after: int


class GateError(Exception):
    """Any error that the gate reports to a caller.

    A subclass gives its own `ErrorFacts` as keywords of its class statement, and inherits the others. Its category
    follows from its status, unless it gives one.
    """

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
    cookies: Sequence[Any] = ()
    """Cookies of the response that reports the error."""

    def __init_subclass__(cls, **facts: Unpack[ErrorFacts]) -> None:
        if "status" in facts:
            categories = {2: Category.INTERIM, 4: Category.REFUSAL, 5: Category.FAILURE}
            cls.category = categories[facts["status"] // 100]
        for name, fact in facts.items():
            setattr(cls, name, fact)

    def __init__(self) -> None:
        super().__init__(self.words)

    @classmethod
    def heading(cls, notebook: str = "") -> str:
        """Return the title for a page about `notebook`, which is what people call it; empty if it is about none."""
        # A function, since the name is not a pattern.
        return re.sub("[Tt]his notebook", lambda _: notebook, cls.title) if notebook else cls.title

    @property
    def advice(self) -> str:
        """What the person reads below the title: the words of the class, or those that fit the caller better."""
        return self.words

    @property
    def details(self) -> dict[str, str]:
        """More facts for JSON clients. They are the gate's own: never text that the client or AWS wrote."""
        return {}

    def refresh_after(self) -> int | None:
        """Return the seconds after which a browser reloads the page by itself, or None if it does not."""
        return None


class BadRequestError(GateError, status=400):
    """The request is malformed."""


class UnauthenticatedError(GateError, status=401):
    """The caller is not authenticated."""

    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}  # required by RFC 9110 §15.5.2


class ForbiddenError(GateError, status=403):
    """The caller is authenticated, and may not do this."""


class NotFoundError(
    GateError,
    status=404,
    reason="not_found",
    title="This page does not exist",
    words="Check the address, or choose from your notebooks.",
):
    """The path does not exist."""
