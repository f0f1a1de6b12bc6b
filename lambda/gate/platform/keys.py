"""The keys that sign cookies and tickets: the current key, and the previous key for values that it signed.

Secrets Manager labels them AWSCURRENT and AWSPREVIOUS. A rotation is therefore one call, and signs nobody out.
Anybody who has a key can sign with it, and choose the timestamp. A stolen key therefore works as long as an instance
knows it. `gate rotate-key` alone makes it the previous key; `gate rotate-key --leaked` removes it.
"""

from collections.abc import Callable

from gate.platform.clock import Clock
from gate.platform.secrets import SECRET_TTL, Secret
from gate.platform.signing import Key
from gate.values.errors.base import GateError

KEY_LOOKUP_INTERVAL = 10
"""Seconds between two lookups of an unknown key, so that forged values do not become calls to Secrets Manager."""

Read = Callable[[str], Secret]
"""Returns the version of the secret with the given label. Raises a `GateError`."""

_NEVER = float("-inf")


class KeyRing:
    """Caches the keys, and reads them again for a value that another instance signed with a newer key.

    A key is used for at most `SECRET_TTL` seconds after Secrets Manager stops returning it. The one exception is the
    current key while Secrets Manager does not respond: without it, everybody would be signed out.
    """

    def __init__(self, read: Read, *, clock: Clock, report_age: Callable[[float], None]):
        """`report_age`: receives the age of the current key in days, each time the key is read."""
        self._read = read
        self._clock = clock
        self._report_age = report_age
        self._current: Secret | None = None
        self._current_read_at = _NEVER
        self._previous: Secret | None = None
        self._previous_until = _NEVER
        self._looked_up_at = _NEVER

    def current(self) -> Key:
        """Return the key to sign with. Raises a `GateError` if it cannot be read and is not cached."""
        return Key(self._current_secret().text)

    def with_id(self, key_id: str) -> Key | None:
        """Return the key with the id `key_id` (see `Key.id`), or None. Raises the errors of `current`."""
        key = self._cached_key(key_id)
        if key is None and self._clock() - self._looked_up_at >= KEY_LOOKUP_INTERVAL:
            self._looked_up_at = self._clock()
            try:
                self._read_current()
                self._read_previous()
            except GateError:
                pass  # No previous key exists before the first rotation, and a forged value must not cause a failure.
            key = self._cached_key(key_id)
        return key

    def _cached_key(self, key_id: str) -> Key | None:
        current = self._current_secret()
        keys = [Key(current.text)]
        if self._previous is not None and self._clock() < self._previous_until:
            # Instances sign with a cached key until its time to live is over, so also after the rotation.
            keys.append(Key(self._previous.text, current.created + SECRET_TTL))
        return next((key for key in keys if key.id == key_id), None)

    def _current_secret(self) -> Secret:
        if self._current is None or self._clock() - self._current_read_at >= SECRET_TTL:
            try:
                return self._read_current()
            except GateError:
                if self._current is None:
                    raise
                # An older key is better than signing everybody out. The key is read again soon.
                self._current_read_at = self._clock() - SECRET_TTL + KEY_LOOKUP_INTERVAL
        return self._current

    def _read_current(self) -> Secret:
        current = self._read("AWSCURRENT")
        if self._current is not None and self._current.text != current.text:
            # The rotation also changed the previous key. The cached one may be a key that leaked.
            self._previous = None
        self._current = current
        self._current_read_at = self._clock()
        self._report_age((self._clock() - current.created) / 86_400)
        return current

    def _read_previous(self) -> None:
        # The cached key is removed first, so that it is gone if Secrets Manager no longer returns it. The key also
        # expires like the current one, in case Secrets Manager returned stale data.
        self._previous = None
        self._previous = self._read("AWSPREVIOUS")
        self._previous_until = self._clock() + SECRET_TTL
