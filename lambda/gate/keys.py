"""The keys that sign cookies and tickets: the current one, and the one before it for what it has signed.

Secrets Manager labels them AWSCURRENT and AWSPREVIOUS, so a change of the key is one call, and signs nobody out.
"""

from collections.abc import Callable

from gate.errors import GateError
from gate.secrets import KEPT, Secret
from gate.signing import Clock, Key

SOON = 10
"""Seconds between two looks for a key that is not known: forged values must not become calls to Secrets Manager."""

Read = Callable[[str], Secret]
"""Reads the version of the secret with a label. Raises a `GateError`."""


class KeyRing:
    """Knows the keys, and looks again when a value comes that another instance has signed with a newer one."""

    def __init__(self, read: Read, *, clock: Clock, aged: Callable[[float], None]):
        """`aged`: told the current key's age in days, each time it is read."""
        self._read = read
        self._clock = clock
        self._aged = aged
        self._now: Secret | None = None
        self._before: Secret | None = None
        self._loaded = self._looked = -float("inf")

    def current(self) -> Key:
        """Return the key that signs. Raises a `GateError` where it was never read, and can't be read now."""
        return Key(self._current().text)

    def find(self, name: str) -> Key | None:
        """Return the key called `name` (see `Key.id`), or None. Raises what `current` raises."""
        key = self._known(name)
        if key is None and self._clock() - self._looked >= SOON:
            self._looked = self._clock()
            try:
                self._load()
                self._before = self._read("AWSPREVIOUS")
            except GateError:
                pass  # Until the first change there is no previous one; and a strange value is no reason to fail.
            key = self._known(name)
        return key

    def _known(self, name: str) -> Key | None:
        now = self._current()
        keys = [Key(now.text)]
        if self._before is not None:
            # After the change, instances that had not heard of it went on signing for as long as they keep a secret.
            keys.append(Key(self._before.text, now.created + KEPT))
        return next((key for key in keys if key.id == name), None)

    def _current(self) -> Secret:
        if self._now is None or self._clock() - self._loaded >= KEPT:
            try:
                return self._load()
            except GateError:
                if self._now is None:
                    raise
                # Better a key of five minutes ago than nobody signed in; it is read again soon.
                self._loaded = self._clock() - KEPT + SOON
        return self._now

    def _load(self) -> Secret:
        self._now = self._read("AWSCURRENT")
        self._loaded = self._clock()
        self._aged((self._clock() - self._now.created) / 86_400)
        return self._now
