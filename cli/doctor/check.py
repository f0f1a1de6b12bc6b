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


def assumption(name: str, holds: bool, text: str) -> Check:
    """Return the result of a check of what docs/first-deploy.md assumes about AWS."""
    if holds:
        return Check(name, "ok", text)
    return Check(name, "error", text, "This contradicts docs/first-deploy.md: please report it.")


def worst(checks: Sequence[Check]) -> Level:
    """Return the worst level among `checks`."""
    levels = {check.level for check in checks}
    return "error" if "error" in levels else "warning" if "warning" in levels else "ok"
