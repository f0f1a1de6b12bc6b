"""Signed, dated values that a browser carries for us: sessions, sign-ins under way, tickets.

`itsdangerous` with HMAC-SHA-256 does the work. Each purpose has a salt of its own, so that a value made for
one can never pass for another, and each value names the key that signed it, so that keys can change.
"""

import hashlib
import re
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Protocol

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from gate.clock import Clock

CLOCK_SKEW = 60
"""Seconds by which another machine's clock may run ahead of ours."""


_KEY_ID = re.compile(r"[0-9a-f]{8}")


class BadSignatureError(Exception):
    """The value was altered, made for another purpose, signed by an unknown key, or is too old."""


@dataclass(frozen=True, eq=False, repr=False)
class Key:
    """A key, and the latest moment that what it signed may carry. It is never printed."""

    text: str
    retired: float | None = None
    """Epoch seconds after which no instance signs with it any more; what carries a later moment is refused.

    This bounds a stolen key and does not stop it: the thief writes an earlier moment. What they make ends once that
    moment is older than the value's maximum age.
    """

    @property
    def id(self) -> str:
        """Name the key without telling anything about it that helps: eight hex digits of its SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:8]


class Keys(Protocol):
    """Where keys come from."""

    def current(self) -> Key:
        """Return the key that signs."""

    def find(self, name: str) -> Key | None:
        """Return the key whose id is `name`, if it may have signed something."""


class Signer:
    """Signs and reads JSON values of one purpose."""

    def __init__(self, keys: Keys, *, purpose: str, max_age: timedelta, clock: Clock = time.time):
        """`max_age`: how long a value is good."""
        self._keys = keys
        self._purpose = purpose
        self._max_age = max_age.total_seconds()
        self._clock = clock

    def sign(self, value: Any) -> str:
        """Write `value` (anything JSON can hold) as a string that is safe in cookies and URLs."""
        key = self._keys.current()
        return f"{key.id}.{_serializer(key.text, self._purpose, self._clock).dumps(value)}"

    def read(self, signed: str) -> Any:
        """Give back what was signed. Raises `BadSignatureError` for everything else."""
        return self.read_dated(signed)[0]

    def read_dated(self, signed: str) -> tuple[Any, float]:
        """Give back what was signed, and when: whole epoch seconds. Raises `BadSignatureError` for everything else."""
        if not signed.isascii():
            # itsdangerous can't encode half of a surrogate pair, which JSON can hold, and so an event.
            raise BadSignatureError
        name, _, token = signed.partition(".")
        key = self._keys.find(name) if _KEY_ID.fullmatch(name) else None
        if key is None:
            raise BadSignatureError
        try:
            # The last base64 character has unused bits: without this, several spellings of one signature pass.
            signature = token.rpartition(".")[2]
            if base64_encode(base64_decode(signature)).decode() != signature:
                raise BadSignatureError
            serializer = _serializer(key.text, self._purpose, self._clock)
            value, signed_at = serializer.loads(token, return_timestamp=True)
        except BadData:
            raise BadSignatureError from None
        moment = signed_at.timestamp()
        age = self._clock() - moment
        if not -CLOCK_SKEW <= age < self._max_age:
            raise BadSignatureError
        if key.retired is not None and moment > key.retired + CLOCK_SKEW:
            raise BadSignatureError
        return value, moment


@lru_cache(maxsize=16)
def _serializer(key: str, purpose: str, clock: Clock) -> URLSafeTimedSerializer:
    class Signed(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(clock())

    class Serializer(URLSafeTimedSerializer):
        default_signer = Signed

    return Serializer(
        key,
        salt=f"notebook-gate.{purpose}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
