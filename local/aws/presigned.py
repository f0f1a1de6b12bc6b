"""CreatePresignedNotebookInstanceUrl as the API reference describes it; moto does not support it."""

import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.aws.authority import Identity
from local.aws.calls import ApiError
from local.aws.instances import Instances

URL_LIFETIME = 300
"""Seconds for which a URL can be used."""
MIN_SESSION, MAX_SESSION = 1800, 43_200
"""Seconds (API reference of CreatePresignedNotebookInstanceUrl)."""


@dataclass(frozen=True)
class PresignedUrl:
    """A created URL, with everything that decides who may use it, when and from which address."""

    url: str = field(repr=False)
    token: str = field(repr=False)
    notebook: str
    creator: Identity
    usable_until: float
    session_seconds: int


class PresignedUrls:
    """Creates URLs, and recognises them for five minutes."""

    def __init__(
        self, *, instances: Instances, clock: Callable[[], float], notebook_url: Callable[[str], str], rate: float
    ) -> None:
        """`notebook_url`: returns the address of a notebook's site.

        `rate`: calls a second above which AWS throttles.
        """
        self._instances = instances
        self._clock = clock
        self._notebook_url = notebook_url
        self._throttle = _Throttle(rate, clock)
        self.made: list[PresignedUrl] = []
        """Every created URL, newest last."""

    def throttle(self, rate: float) -> None:
        """Set the rate to `rate` calls a second, with one call available now."""
        self._throttle = _Throttle(rate, self._clock)

    def create(self, parameters: Mapping[str, Any], creator: Identity) -> dict[str, Any]:
        """Answer the call. Raises `ApiError`."""
        self._throttle.admit()
        name = parameters["NotebookInstanceName"]
        seconds = parameters.get("SessionExpirationDurationInSeconds", MAX_SESSION)
        if not MIN_SESSION <= seconds <= MAX_SESSION:
            bound = "less than or equal to 43200" if seconds > MAX_SESSION else "greater than or equal to 1800"
            raise ApiError(
                "ValidationException",
                f"1 validation error detected: Value '{seconds}' at 'sessionExpirationDurationInSeconds' failed to "
                f"satisfy constraint: Member must have value {bound}",
            )
        self._instances.require_state(name, ("InService",), "create a presigned URL")
        token = ".".join(urlsafe_b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (24, 90, 32))
        url = f"{self._notebook_url(name)}?authToken={token}"
        self.made.append(PresignedUrl(url, token, name, creator, self._clock() + URL_LIFETIME, seconds))
        return {"AuthorizedUrl": url}

    def usable(self, token: str, notebook: str) -> PresignedUrl | None:
        """Return the URL of `notebook` with this token, or None when there is none or its five minutes have passed."""
        for made in self.made:
            if made.notebook == notebook and secrets.compare_digest(made.token.encode(), token.encode()):
                return made if self._clock() < made.usable_until else None
        return None


class _Throttle:
    """A token bucket that holds one second's worth of calls."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._left, self._at = max(rate, 1), clock()
        self._lock = threading.Lock()

    def admit(self) -> None:
        with self._lock:
            now = self._clock()
            self._left, self._at = min(max(self._rate, 1), self._left + (now - self._at) * self._rate), now
            if self._left < 1:
                raise ApiError("ThrottlingException", "Rate exceeded")
            self._left -= 1
