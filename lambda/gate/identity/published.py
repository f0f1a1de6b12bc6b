"""A document that the issuer publishes, kept for a while: its discovery document, its signing keys."""

from collections.abc import Callable
from typing import Generic, TypeVar

from gate.clock import Clock
from gate.errors.upstream import IdentityProviderDownError, UpstreamError

LIFETIME = 3600
"""Seconds for which a document is believed without asking again."""

STALE_LIFETIME = 86_400
"""Seconds for which a document serves on after its lifetime, while the issuer can't be reached.

An outage of the issuer then stops no script that holds a token. In exchange, a key that the issuer removes counts for
up to a day longer, but only while every attempt to fetch the keys fails. One day is also the longest sign-in that the
settings allow.
"""

FETCH_INTERVAL = 60
"""Seconds between two attempts to fetch a document again: tokens with made-up key ids must not hammer the issuer."""

FIRST_FETCH_INTERVAL = 5
"""Seconds between two attempts while there is no document to serve: nobody can sign in until one succeeds."""

_NEVER = float("-inf")

T = TypeVar("T")


class PublishedDocument(Generic[T]):
    """One document, and when it was fetched. Failed attempts count as attempts."""

    def __init__(self, fetch: Callable[[], T], *, clock: Clock):
        """`fetch`: fetches the document, or raises an `UpstreamError`."""
        self._fetch = fetch
        self._clock = clock
        self._document: T | None = None
        self._fetched_at = self._tried_at = _NEVER
        self._failure: UpstreamError | None = None
        """The error of the last attempt. None after a success."""

    def get(self) -> T:
        """Return the document: at most `LIFETIME` old, or `STALE_LIFETIME` older when it can't be fetched.

        Raises what the last attempt raised, when no document is young enough.
        """
        if self._age > LIFETIME:
            self._try()
        if self._document is None or not self._serves:
            raise self._error
        return self._document

    def refreshed(self) -> T:
        """Return the document as it was at most `FETCH_INTERVAL` ago.

        Raises what the last attempt raised: an older document can't answer what it does not hold.
        """
        self._try()
        if self._document is None or self._failure:
            raise self._error
        return self._document

    @property
    def _age(self) -> float:
        return self._clock() - self._fetched_at

    @property
    def _serves(self) -> bool:
        return self._age <= LIFETIME + STALE_LIFETIME

    @property
    def _error(self) -> UpstreamError:
        # Without the traceback: an exception that is raised again collects tracebacks.
        return self._failure.with_traceback(None) if self._failure else IdentityProviderDownError()

    def _try(self) -> None:
        """Fetch the document, unless that was tried a moment ago."""
        interval = FETCH_INTERVAL if self._serves else FIRST_FETCH_INTERVAL
        now = self._clock()
        if now - self._tried_at < interval:
            return
        self._tried_at = now
        try:
            self._document = self._fetch()
        except UpstreamError as error:
            self._failure = error
        else:
            self._failure = None
            self._fetched_at = now
