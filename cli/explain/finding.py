"""The finding of one of the checks that a caller passes on the way into a notebook."""

from dataclasses import dataclass

ALLOWED = "allowed"


@dataclass(frozen=True)
class Finding:
    """What one gate says."""

    gate: str
    passed: bool
    text: str
    reason: str = ALLOWED
    """The code that the function would log and answer with."""
    mend: str = ""
