"""A notebook instance as SageMaker describes it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gate.log import logger

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


Failure = Literal["capacity", "quota", "lifecycle", "other"]
"""Why an instance has failed, as far as SageMaker's text says it."""

_FAILURE_WORDS: tuple[tuple[Failure, str], ...] = (
    ("capacity", "capacity"),
    ("quota", "limit"),
    ("quota", "quota"),
    ("lifecycle", "lifecycle"),
    ("lifecycle", "oncreate"),
    ("lifecycle", "onstart"),
)
"""Words in `FailureReason`, whose wording AWS does not document, and what they mean."""


@dataclass(frozen=True)
class Instance:
    """The state and type of a notebook instance."""

    state: str
    """`InService`, `Stopped`, `Pending`, `Stopping`, `Failed`, `Updating` or `Deleting`."""
    instance_type: str
    changed: float
    """The time of the last change of state, in epoch seconds (SageMaker's `LastModifiedTime`)."""
    failure: Failure | None = None
    """Why the instance has failed; None for all other states."""

    @property
    def state_label(self) -> str:
        """The state in plain English."""
        return _STATE_LABELS.get(self.state, self.state)


def describe_instance(client: "SageMakerClient", name: str) -> Instance:
    """Return the notebook instance `name`.

    Raises botocore's errors, and `KeyError` if a part of the response is missing.
    """
    answer = client.describe_notebook_instance(NotebookInstanceName=name)
    state, changed = answer["NotebookInstanceStatus"], answer["LastModifiedTime"].timestamp()
    failure = _failure(name, answer.get("FailureReason", "")) if state == "Failed" else None
    return Instance(state, answer["InstanceType"], changed, failure)


def _failure(name: str, text: str) -> Failure:
    # The whole text is for operators: it can name roles, subnets and scripts.
    logger.warning("a notebook has failed", notebook=name, failure_reason=text[:1000])
    lower = text.lower()
    return next((failure for failure, word in _FAILURE_WORDS if word in lower), "other")
