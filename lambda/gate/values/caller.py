"""The caller of a request, and the normal form in which names are compared."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Via = Literal["session", "bearer", "iam", "slack", "ticket"]

_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
_MAX_GROUP_LENGTH = 512
_MAX_ADDRESS_LENGTH = 254  # RFC 5321 §4.5.3.1.3, without the brackets


@dataclass(frozen=True)
class Caller:
    """A caller whose identity is proven."""

    subject: str
    """`user:<e-mail or other claim>`, `iam:<role or user ARN>` or `slack:<team>/<user>`: the caller's own principal."""
    groups: tuple[str, ...]
    via: Via
    """How the identity was proven."""
    address: str
    """The IP address that the request came from."""
    proven_at: float
    """Epoch seconds at which the identity was proven. A cutoff invalidates every earlier proof."""
    aliases: tuple[str, ...] = ()
    """Other principals of the same person: the Slack user of a caller who is identified by e-mail address."""
    groups_problem: str = ""
    """Why the groups are unknown: `absent`, `overage`, or the JSON type of an unreadable claim. Empty if known."""

    @property
    def name(self) -> str:
        """The subject without its prefix: an e-mail address, another claim, an ARN or a Slack user."""
        return self.subject.partition(":")[2]

    @property
    def names(self) -> tuple[str, ...]:
        """The principals of this person, without groups. The subject is first."""
        return (self.subject, *self.aliases)

    @property
    def principals(self) -> tuple[str, ...]:
        """All principals whose grants apply to this caller. The subject is first."""
        return (*self.names, *(f"group:{group}" for group in self.groups))


def normal_address(text: object) -> str | None:
    """Return the e-mail address `text` in its normal form (NFC, lower case), or None if it is not an address.

    An address with a non-ASCII character whose normal form contains ASCII is refused. The Kelvin sign and `İ` would
    become plain letters, and the address of one person would become another person's. Each character is checked
    separately: a decomposed accent removes an ASCII letter from the text, which would hide an added one.
    """
    if not isinstance(text, str):
        return None
    normal = text.lower() if text.isascii() else _normalise(text)
    if len(normal) > _MAX_ADDRESS_LENGTH or not _ADDRESS.fullmatch(normal):
        return None
    return normal if text.isascii() or not any(map(_becomes_ascii, text)) else None


def normal_group(text: object) -> str | None:
    """Return the name of a group in its normal form (NFC), or None if it is not a valid name.

    Names with white space at either end, or with invisible characters, are refused, because an operator could not
    distinguish them from the name of another group.
    """
    if not isinstance(text, str):
        return None
    normal = unicodedata.normalize("NFC", text)
    is_valid = normal == normal.strip() and 0 < len(normal) <= _MAX_GROUP_LENGTH and normal.isprintable()
    return normal if is_valid else None


def _normalise(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def _becomes_ascii(character: str) -> bool:
    return not character.isascii() and any(map(str.isascii, _normalise(character)))
