"""Caches documents that the issuer publishes: its discovery document and its signing keys."""

from collections.abc import Callable
from typing import Generic, TypeVar

from gate.platform.clock import Clock
from gate.values.errors.upstream import IdentityProviderDownError, UpstreamError

LIFETIME = 3600
"""Seconds for which a document is used before it is fetched again."""

STALE_LIFETIME = 86_400
"""Seconds for which a document is used after its lifetime, while the issuer cannot be reached.

So scripts that hold a token continue to work during an outage of the issuer. The cost: a key that the issuer removed
stays valid for up to a day longer, but only while every attempt to fetch the keys fails. One day is also the longest
sign-in that the settings allow.
"""

FETCH_INTERVAL = 60
"""Seconds between two attempts to refresh a document, so that tokens with invented key ids do not flood the issuer."""

FIRST_FETCH_INTERVAL = 5
"""Seconds between two attempts without a usable document. Nobody can sign in until an attempt succeeds."""

_NEVER = float("-inf")

T = TypeVar("T")


class PublishedDocument(Generic[T]):
    """One document and the time at which it was fetched. Failed attempts count for the intervals between attempts."""

    def __init__(self, fetch: Callable[[], T], *, clock: Clock):
        """`fetch`: returns the document. Raises an `UpstreamError`."""
        self._fetch = fetch
        self._clock = clock
        self._document: T | None = None
        self._fetched_at = self._tried_at = _NEVER
        self._failure: UpstreamError | None = None
        """The error of the last attempt, or None if it succeeded."""

    def get(self) -> T:
        """Return the document, at most `LIFETIME` seconds old, or `STALE_LIFETIME` older if it cannot be fetched.

        Raises the error of the last attempt if there is no such document.
        """
        if self._age > LIFETIME:
            self._try_to_fetch()
        if self._document is None or not self._is_usable:
            raise self._error
        return self._document

    def refreshed(self) -> T:
        """Return the document, at most `FETCH_INTERVAL` seconds old.

        Raises the error of the last attempt if there is no such document: an older one may lack a new key.
        """
        self._try_to_fetch()
        if self._document is None or self._failure:
            raise self._error
        return self._document

    @property
    def _age(self) -> float:
        return self._clock() - self._fetched_at

    @property
    def _is_usable(self) -> bool:
        return self._age <= LIFETIME + STALE_LIFETIME

    @property
    def _error(self) -> UpstreamError:
        # An exception that is raised again would collect tracebacks.
        return self._failure.with_traceback(None) if self._failure else IdentityProviderDownError()

    def _try_to_fetch(self) -> None:
        """Fetch the document, unless the last attempt was too recent."""
        interval = FETCH_INTERVAL if self._is_usable else FIRST_FETCH_INTERVAL
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
