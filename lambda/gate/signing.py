"""Signed, dated values that a browser carries for us: sessions, sign-ins under way, tickets.

`itsdangerous` with HMAC-SHA-256 does the work. Each purpose has a salt of its own, so that a value made for
one can never pass for another, and each value names the key that signed it, so that keys can change.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode

Clock = Callable[[], float]
"""Seconds since the epoch. The one place from which the function takes the time."""

CLOCK_SKEW = 60
"""Seconds by which another machine's clock may run ahead of ours."""


class BadSignatureError(Exception):
    """The value was altered, made for another purpose, signed by an unknown key, or is too old."""


def key_id(key: str) -> str:
    """Name `key` without telling anything about it that helps: eight hex digits of its SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


class Signer:
    """Signs and reads JSON values of one purpose."""

    def __init__(self, keys: Mapping[str, str], *, purpose: str, max_age: timedelta, clock: Clock = time.time):
        """`keys`: id → key, the first one signs, all may verify. `max_age`: how long a value is good."""
        self._max_age = max_age.total_seconds()
        self._clock = clock
        self._serializers = {name: _serializer(key, purpose, clock) for name, key in keys.items()}
        self._current = next(iter(self._serializers))

    def sign(self, value: Any) -> str:
        """Write `value` (anything JSON can hold) as a string that is safe in cookies and URLs."""
        return f"{self._current}.{self._serializers[self._current].dumps(value)}"

    def read(self, signed: str) -> Any:
        """Give back what was signed. Raises `BadSignatureError` for everything else."""
        name, _, token = signed.partition(".")
        serializer = self._serializers.get(name)
        if serializer is None:
            raise BadSignatureError
        try:
            # The last base64 character has unused bits: without this, several spellings of one signature pass.
            signature = token.rpartition(".")[2]
            if base64_encode(base64_decode(signature)).decode() != signature:
                raise BadSignatureError
            value, signed_at = serializer.loads(token, return_timestamp=True)
        except BadData:
            raise BadSignatureError from None
        age = self._clock() - signed_at.timestamp()
        if not -CLOCK_SKEW <= age < self._max_age:
            raise BadSignatureError
        return value


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
