"""A notebook instance as SageMaker describes it."""

from dataclasses import dataclass

USUAL_START = 180
"""Seconds that a small instance usually takes from stopped to in service."""


@dataclass(frozen=True)
class Instance:
    """What people want to know of it."""

    state: str
    """`InService`, `Stopped`, `Pending`, `Stopping`, `Failed`, `Updating` or `Deleting`."""
    instance_type: str
    changed: float
    """Epoch seconds at which it went into its state, as far as SageMaker tells (`LastModifiedTime`)."""
