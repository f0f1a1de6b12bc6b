"""Signs values that a browser carries for the gate: sessions, sign-ins in progress, tickets.

It uses `itsdangerous` with HMAC-SHA-256. Each purpose has its own salt, so that a value made for one purpose is
invalid for every other. Each value names the key that signed it, so that keys can be rotated.
"""

import hashlib
import json
import re
import time
import zlib
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Protocol

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from gate.platform.clock import Clock

CLOCK_SKEW = 60
"""Seconds by which the clock of another machine may be ahead."""


MAX_UNPROVEN = 65_536
"""The most bytes of an unproven value that are decompressed. A cookie has 4,096, and compresses to a tenth at best."""

_KEY_ID = re.compile(r"[0-9a-f]{8}")


class BadSignatureError(Exception):
    """The value was altered, was made for another purpose, has expired, or an unknown key signed it."""


@dataclass(frozen=True, eq=False, repr=False)
class Key:
    """A signing key. It has no `repr`, so that it is never printed."""

    text: str
    retired: float | None = None
    """Epoch seconds after which no instance signs with the key. A value with a later timestamp is refused.

    This limits what a stolen key can do, and does not prevent it: a thief can write an earlier timestamp. The values
    that the thief makes expire when that timestamp is older than the maximum age.
    """

    @property
    def id(self) -> str:
        """Eight hex digits of the key's SHA-256. They identify the key and do not reveal it."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:8]


class SigningKeys(Protocol):
    """A source of keys."""

    def current(self) -> Key:
        """Return the key to sign with."""

    def with_id(self, key_id: str) -> Key | None:
        """Return the key with the id `key_id`, or None if the source has no such key."""


class Signer:
    """Signs and reads JSON values of one purpose."""

    def __init__(self, keys: SigningKeys, *, purpose: str, max_age: timedelta, clock: Clock = time.time):
        """`max_age`: how long a value is valid."""
        self._keys = keys
        self._purpose = purpose
        self._max_age = max_age.total_seconds()
        self._clock = clock

    def sign(self, value: Any) -> str:
        """Return `value`, which must be serialisable as JSON, as a signed string that is safe in cookies and URLs."""
        key = self._keys.current()
        return f"{key.id}.{_serializer(key.text, self._purpose, self._clock).dumps(value)}"

    def read(self, signed: str) -> Any:
        """Return the value that `sign` signed. Raises `BadSignatureError`."""
        return self.read_with_time(signed)[0]

    @staticmethod
    def unproven(signed: str) -> Any:
        """Return the value in `signed`, which anybody can forge; None if it is unreadable. No key is needed."""
        _, _, token = signed.partition(".")
        is_compressed, payload = token.startswith("."), token.removeprefix(".").partition(".")[0]
        try:
            data = base64_decode(payload)
            # A few kilobytes of a forged value could become gigabytes.
            return json.loads(zlib.decompressobj().decompress(data, MAX_UNPROVEN) if is_compressed else data)
        except (BadData, ValueError, zlib.error, RecursionError):
            return None

    def read_with_time(self, signed: str) -> tuple[Any, float]:
        """Return the value, and the time at which it was signed, in whole epoch seconds. Raises `BadSignatureError`."""
        if not signed.isascii():
            # An event is JSON, so it can contain a lone surrogate, which itsdangerous cannot encode.
            raise BadSignatureError
        key_id, _, token = signed.partition(".")
        key = self._keys.with_id(key_id) if _KEY_ID.fullmatch(key_id) else None
        if key is None:
            raise BadSignatureError
        try:
            # The last base64 character has unused bits. Without this check, a signature would have several valid
            # spellings.
            signature = token.rpartition(".")[2]
            if base64_encode(base64_decode(signature)).decode() != signature:
                raise BadSignatureError
            serializer = _serializer(key.text, self._purpose, self._clock)
            value, timestamp = serializer.loads(token, return_timestamp=True)
        except BadData:
            raise BadSignatureError from None
        signed_at = timestamp.timestamp()
        age = self._clock() - signed_at
        if not -CLOCK_SKEW <= age < self._max_age:
            raise BadSignatureError
        if key.retired is not None and signed_at > key.retired + CLOCK_SKEW:
            raise BadSignatureError
        return value, signed_at


@lru_cache(maxsize=16)
def _serializer(key: str, purpose: str, clock: Clock) -> URLSafeTimedSerializer:
    class ClockSigner(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(clock())

    class Serializer(URLSafeTimedSerializer):
        default_signer = ClockSigner

    return Serializer(
        key,
        salt=f"notebook-gate.{purpose}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
