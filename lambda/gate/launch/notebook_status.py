"""A notebook instance as SageMaker describes it, and what can be done with it as it stands."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.store.grants import Grant

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeNotebookInstanceOutputTypeDef

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

    @property
    def state_in_words(self) -> str:
        """The state as people call it."""
        return _WORDS.get(self.state, self.state)


def instance_of(answer: "DescribeNotebookInstanceOutputTypeDef") -> Instance:
    """Read what DescribeNotebookInstance answered. Raises `KeyError` where a part is missing."""
    return Instance(answer["NotebookInstanceStatus"], answer["InstanceType"], answer["LastModifiedTime"].timestamp())


_WORDS = {
    "InService": "Running",
    "Pending": "Starting",
    "Updating": "Being updated",
    "Deleting": "Being deleted",
}
"""Where SageMaker's words are not people's."""


@dataclass(frozen=True)
class NotebookStatus:
    """A granted notebook, and how it stands; without an instance, that can't be told right now."""

    grant: Grant
    instance: Instance | None

    @property
    def can_start(self) -> bool:
        """Whether starting it makes sense, and is within the grant's power."""
        return self.grant.may_start and (self.instance is None or self.instance.state in ("Stopped", "Failed"))

    @property
    def can_stop(self) -> bool:
        """Whether stopping it makes sense, and is within the grant's power."""
        return self.grant.may_stop and (self.instance is None or self.instance.state == "InService")
