"""What a notebook runs on, and its status."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["running", "starting", "stopping", "stopped", "failed", "updating", "deleting", "unknown"]
"""The status in words that fit every kind of notebook. `unknown`: a state that this version does not know."""

Failure = Literal["capacity", "quota", "lifecycle", "other"]
"""Why an instance has failed, as far as SageMaker's text says it."""

_LABELS: dict[Status, str] = {
    "running": "Running",
    "starting": "Starting",
    "stopping": "Stopping",
    "stopped": "Stopped",
    "failed": "Failed",
    "updating": "Being updated",
    "deleting": "Being deleted",
}


@dataclass(frozen=True)
class Instance:
    """The state and type of the instance that a notebook runs on."""

    status: Status
    state: str
    """The state in SageMaker's own word, for JSON clients and for operators."""
    instance_type: str
    changed: float
    """The time of the last change of state, in epoch seconds (SageMaker's `LastModifiedTime`)."""
    failure: Failure | None = None
    """Why the instance has failed; None for all other states."""

    @property
    def label(self) -> str:
        """The status in plain English, or SageMaker's word for a state that this version does not know."""
        return _LABELS.get(self.status, self.state)
