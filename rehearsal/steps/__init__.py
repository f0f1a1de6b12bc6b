"""The steps of a rehearsal. Each returns its result in one sentence."""

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.environment import Environment


class StepFailedError(Exception):
    """A step had another result than documented. The text describes the result."""


@dataclass(frozen=True)
class Step:
    """One step."""

    title: str
    run: Callable[[Environment], str]
    """Raises `StepFailedError`, `CommandFailedError`, or what an AWS client or a browser raises."""


def require(condition: object, seen: object) -> None:
    """Raise `StepFailedError` with `seen` unless `condition` holds."""
    if not condition:
        raise StepFailedError(str(seen))
