"""What a notebook runs on, and its status."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["running", "ready", "starting", "stopping", "stopped", "failed", "updating", "deleting", "unknown"]
"""The status in words that fit every kind of notebook.

`ready`: it can be opened, and nothing of it can be started or stopped. `unknown`: a state that this version does not
know.
"""

Failure = Literal["capacity", "quota", "lifecycle", "broken", "other"]
"""Why a notebook has failed, as far as SageMaker's text says it. `broken`: starting it again cannot help."""

_LABELS: dict[Status, str] = {
    "running": "Running",
    "ready": "Ready",
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
    """The type of the machine. Empty if there is none, or if it is not known."""
    changed: float
    """The time of the last change of state, in epoch seconds."""
    failure: Failure | None = None
    """Why the instance has failed; None for all other states."""

    @property
    def can_open(self) -> bool:
        """Whether the notebook can be opened in this state."""
        return self.status in ("running", "ready")

    @property
    def can_start(self) -> bool:
        """Whether the notebook can be started in this state."""
        return self.status in ("stopped", "failed") and self.failure != "broken"

    @property
    def can_stop(self) -> bool:
        """Whether the notebook can be stopped in this state."""
        return self.status == "running"

    @property
    def label(self) -> str:
        """The status in plain English, or SageMaker's word for a state that this version does not know."""
        return _LABELS.get(self.status, self.state)
