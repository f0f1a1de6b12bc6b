"""A notebook instance as SageMaker describes it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

USUAL_START_SECONDS = 180
"""The time that a small instance usually takes from stopped to in service."""

_STATE_LABELS = {
    "InService": "Running",
    "Pending": "Starting",
    "Updating": "Being updated",
    "Deleting": "Being deleted",
}
"""The labels of the states whose SageMaker name is not plain English."""


@dataclass(frozen=True)
class Instance:
    """The state and type of a notebook instance."""

    state: str
    """`InService`, `Stopped`, `Pending`, `Stopping`, `Failed`, `Updating` or `Deleting`."""
    instance_type: str
    changed: float
    """The time of the last change of state, in epoch seconds (SageMaker's `LastModifiedTime`)."""

    @property
    def state_label(self) -> str:
        """The state in plain English."""
        return _STATE_LABELS.get(self.state, self.state)


def describe_instance(client: "SageMakerClient", name: str) -> Instance:
    """Return the notebook instance `name`.

    Raises botocore's errors, and `KeyError` if a part of the response is missing.
    """
    answer = client.describe_notebook_instance(NotebookInstanceName=name)
    return Instance(answer["NotebookInstanceStatus"], answer["InstanceType"], answer["LastModifiedTime"].timestamp())
