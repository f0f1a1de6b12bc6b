"""The question that `gate explain` answers, and what each of its checks finds."""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.explain.source import Source
from gate.values.notebook import Notebook

ALLOWED = "allowed"


@dataclass(frozen=True)
class Question:
    """May this caller open this notebook at one source, and use it at another?"""

    principal: str
    groups: Sequence[str]
    notebook: Notebook
    opened_from: Source
    """The source of the request to the gate."""
    used_from: Source
    """The source of the requests to the notebook; usually the same."""


@dataclass(frozen=True)
class Finding:
    """Whether the caller passes the check `check`, and what to do if not."""

    check: str
    passed: bool
    text: str
    reason: str = ALLOWED
    """The reason code that the function would log and answer with (docs/reasons.md)."""
    fix: str = ""
