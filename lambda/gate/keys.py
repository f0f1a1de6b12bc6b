"""The keys that sign cookies and tickets: the current one, and the one before it for what it has signed.

Secrets Manager labels them AWSCURRENT and AWSPREVIOUS, so a change of the key is one call, and signs nobody out.
Whoever holds a key can sign with it and chooses the time in what they sign. A stolen key therefore counts for as long
as an instance knows it: `gate rotate-key` alone leaves it as the previous one, `gate rotate-key --leaked` does not.
"""

from collections.abc import Callable

from gate.clock import Clock
from gate.errors.base import GateError
from gate.secrets import SECRET_TTL, Secret
from gate.signing import Key

KEY_LOOKUP_INTERVAL = 10
"""Seconds between two looks for a key that is not known: forged values must not become calls to Secrets Manager."""

Read = Callable[[str], Secret]
"""Reads the version of the secret with a label. Raises a `GateError`."""


class KeyRing:
    """Caches the keys, and reads them again for a value that another instance signed with a newer key.

    A key is used for at most `SECRET_TTL` seconds after Secrets Manager stops returning it. The one exception is the
    current key while Secrets Manager does not respond: without it, everybody would be signed out.
    """

    def __init__(self, read: Read, *, clock: Clock, report_age: Callable[[float], None]):
        """`report_age`: told the current key's age in days, each time it is read."""
        self._read = read
        self._clock = clock
        self._report_age = report_age
        self._now: Secret | None = None
        self._before: Secret | None = None
        self._before_until = self._loaded = self._looked = -float("inf")

    def current(self) -> Key:
        """Return the key that signs. Raises a `GateError` where it was never read, and can't be read now."""
        return Key(self._current().text)

    def find(self, name: str) -> Key | None:
        """Return the key called `name` (see `Key.id`), or None. Raises what `current` raises."""
        key = self._known(name)
        if key is None and self._clock() - self._looked >= KEY_LOOKUP_INTERVAL:
            self._looked = self._clock()
            try:
                self._load()
                self._load_before()
            except GateError:
                pass  # Until the first change there is no previous one; and a strange value is no reason to fail.
            key = self._known(name)
        return key

    def _known(self, name: str) -> Key | None:
        now = self._current()
        keys = [Key(now.text)]
        if self._before is not None and self._clock() < self._before_until:
            # After the change, instances that had not heard of it went on signing for as long as they keep a secret.
            keys.append(Key(self._before.text, now.created + SECRET_TTL))
        return next((key for key in keys if key.id == name), None)

    def _current(self) -> Secret:
        if self._now is None or self._clock() - self._loaded >= SECRET_TTL:
            try:
                return self._load()
            except GateError:
                if self._now is None:
                    raise
                # Better a key of five minutes ago than nobody signed in; it is read again soon.
                self._loaded = self._clock() - SECRET_TTL + KEY_LOOKUP_INTERVAL
        return self._now

    def _load(self) -> Secret:
        now = self._read("AWSCURRENT")
        if self._now is not None and self._now.text != now.text:
            # Which key is the previous one has changed, too: the one known so far may be one that has leaked.
            self._before = None
        self._now = now
        self._loaded = self._clock()
        self._report_age((self._clock() - now.created) / 86_400)
        return now

    def _load_before(self) -> None:
        # Forgotten first: a previous key that can't be read any more must not live on here. Nor does one that was
        # read live longer than a current one, whatever stale answer Secrets Manager gave.
        self._before = None
        self._before = self._read("AWSPREVIOUS")
        self._before_until = self._clock() + SECRET_TTL
