"""The question that `gate explain` answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.explain.source import Source
from gate.values.notebook import Notebook


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
