"""The result of one check of a caller's access to a notebook."""

from dataclasses import dataclass

ALLOWED = "allowed"


@dataclass(frozen=True)
class Finding:
    """Whether the caller passes the check `check`, and what to do if not."""

    check: str
    passed: bool
    text: str
    reason: str = ALLOWED
    """The reason code that the function would log and answer with (docs/reasons.md)."""
    fix: str = ""
