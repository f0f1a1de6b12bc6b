"""A proven identity, and the one normal form in which names are compared."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Via = Literal["session", "bearer", "iam", "slack", "ticket"]

_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
_MAX_GROUP_LENGTH = 512
_MAX_ADDRESS_LENGTH = 254  # RFC 5321 §4.5.3.1.3, less the brackets


@dataclass(frozen=True)
class Caller:
    """Somebody whose identity is proven, and the address that they call from."""

    subject: str
    """`user:<e-mail or other claim>`, `iam:<role or user ARN>` or `slack:<team>/<user>`: the caller's own principal."""
    groups: tuple[str, ...]
    via: Via
    address: str
    proven_at: float
    """Epoch seconds at which the identity was proven. What was proven before a cutoff counts for nothing."""
    aliases: tuple[str, ...] = ()
    """Further principals that are this very person: the Slack user of somebody known by e-mail."""
    groups_problem: str = ""
    """Why the groups are unknown: `absent`, `overage`, or the JSON type of a claim that can't be read. Else empty."""

    @property
    def name(self) -> str:
        """The subject without its kind: an e-mail address, another name, or an ARN."""
        return self.subject.partition(":")[2]

    @property
    def names(self) -> tuple[str, ...]:
        """The principals that are this very person, the subject first."""
        return (self.subject, *self.aliases)

    @property
    def principals(self) -> tuple[str, ...]:
        """All that grants can be given to on this caller's behalf; their own principal comes first."""
        return (*self.names, *(f"group:{group}" for group in self.groups))


def normal_address(text: object) -> str | None:
    """Return the e-mail address `text` as it is compared (NFC, lower case), or None where it is none.

    An address with a character that is not ASCII but becomes so is refused: the Kelvin sign and `İ` would become
    plain letters, and a look-alike somebody else's address. Each character is looked at by itself, since a letter with
    a decomposed accent loses an ASCII character and would hide one that is gained elsewhere.
    """
    if not isinstance(text, str):
        return None
    normal = text.lower() if text.isascii() else _normal(text)
    if len(normal) > _MAX_ADDRESS_LENGTH or not _ADDRESS.fullmatch(normal):
        return None
    return normal if text.isascii() or not any(map(_becomes_ascii, text)) else None


def normal_group(text: object) -> str | None:
    """Return the group's name `text` as it is compared (NFC, one spelling a letter), or None where it is none.

    Names with a space at an end or with characters that nobody can see are refused: an operator could not tell them
    from another group's.
    """
    if not isinstance(text, str):
        return None
    normal = unicodedata.normalize("NFC", text)
    fits = normal == normal.strip() and 0 < len(normal) <= _MAX_GROUP_LENGTH and normal.isprintable()
    return normal if fits else None


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def _becomes_ascii(character: str) -> bool:
    return not character.isascii() and any(map(str.isascii, _normal(character)))
