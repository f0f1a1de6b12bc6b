"""The results of checks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Outcome:
    """The result of a check, with its fix if there is a problem."""

    level: Level
    text: str
    fix: str = ""


Outcomes = Iterator[Outcome]


@dataclass(frozen=True)
class Check:
    """An outcome, with the name of its check."""

    name: str
    level: Level
    text: str
    fix: str = ""


def worst(checks: Sequence[Check]) -> Level:
    """Return the worst level among `checks`."""
    levels = {check.level for check in checks}
    return "error" if "error" in levels else "warning" if "warning" in levels else "ok"
