"""Presigned URLs, which moto does not support: created for one notebook, and usable for a short time."""

import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field

from local.aws.calls import ApiError
from local.aws.sessions import Identity

URL_LIFETIME = 300
"""Seconds for which a URL of a notebook instance can be used, and one of Studio if the call names no time."""


@dataclass(frozen=True)
class PresignedUrl:
    """A created URL, with everything that decides who may use it, when and from which address."""

    url: str = field(repr=False)
    token: str = field(repr=False)
    notebook: str
    creator: Identity
    usable_until: float
    session_seconds: int
    landing: str
    """`LandingUri`; empty for notebook instances."""


def random_token() -> str:
    """Return a token with the shape of AWS's."""
    return ".".join(urlsafe_b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (24, 90, 32))


class PresignedUrls:
    """Creates URLs, and recognises them while they are usable."""

    def __init__(
        self, *, clock: Callable[[], float], rate: float, make_token: Callable[[], str] = random_token
    ) -> None:
        """`rate`: calls a second above which AWS throttles."""
        self._clock = clock
        self._make_token = make_token
        self.made: list[PresignedUrl] = []
        """Every created URL, newest last."""
        self.throttle(rate)

    def throttle(self, rate: float) -> None:
        """Set the rate to `rate` calls a second, with one second's worth of calls available now, but at least one."""
        self._tokens = TokenBucket(rate, max(rate, 1), self._clock)

    def require_rate(self) -> None:
        """Raise `ApiError` above the rate."""
        if not self._tokens.try_acquire():
            raise ApiError("ThrottlingException", "Rate exceeded")

    def create(
        self,
        address: str,
        notebook: str,
        creator: Identity,
        session_seconds: int,
        *,
        lifetime: int = URL_LIFETIME,
        landing: str = "",
    ) -> str:
        """Return a new URL of `notebook`, whose site is at `address`. `lifetime`: seconds."""
        token = self._make_token()
        url = f"{address}?authToken={token}"
        usable_until = self._clock() + lifetime
        self.made.append(PresignedUrl(url, token, notebook, creator, usable_until, session_seconds, landing))
        return url

    def usable(self, token: str, notebook: str) -> PresignedUrl | None:
        """Return the URL of `notebook` with this token, or None when there is none or its time has passed."""
        for made in self.made:
            if made.notebook == notebook and secrets.compare_digest(made.token.encode(), token.encode()):
                return made if self._clock() < made.usable_until else None
        return None


class TokenBucket:
    """The throttle of AWS's APIs: `rate` requests a second on average, `burst` at once."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._updated = burst, clock()
        self._lock = threading.Lock()

    def try_acquire(self) -> bool:
        """Take a token; return False if there is none."""
        with self._lock:
            now = self._clock()
            # A test's clock also goes back.
            passed = max(now - self._updated, 0)
            self._tokens = min(self._burst, self._tokens + passed * self._rate)
            self._updated = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
