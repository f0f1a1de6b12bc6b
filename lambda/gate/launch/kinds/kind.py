"""What each kind of notebook tells and does."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from gate.values.grant import View
from gate.values.instance import Instance
from gate.values.notebook import Notebook

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


class Kind(Protocol):
    """One kind of notebook: its names and ARNs, its IAM actions, and its calls of SageMaker.

    The calls raise botocore's errors. `client` has the credentials of the caller, which allow nothing else.
    """

    open_action: ClassVar[str]
    """The IAM action that creates a presigned URL, and that AWS enforces for each later use of the notebook."""
    describe_action: ClassVar[str]
    start_action: ClassVar[str]
    stop_action: ClassVar[str]
    resource: ClassVar[str]
    """The resource type in ARNs (service authorization reference)."""
    url_lifetime: ClassVar[int]
    """Seconds for which a presigned URL can be used."""
    usual_start_seconds: ClassVar[int]
    """The time that a small instance usually takes from stopped to running."""
    state_conflict_codes: ClassVar[frozenset[str]]
    """SageMaker's error codes for a notebook that is missing, or whose state does not allow the call."""
    priming: ClassVar[tuple[str, Mapping[str, Any], bytes]]
    """The operation that opens a notebook, with made-up parameters and a made-up response, for SnapStart's snapshot."""

    def names(self, notebook: Notebook) -> bool:
        """Return whether `notebook` is of this kind."""

    def arn(self, partition: str, region: str, account: str, name: str) -> str:
        """Return the ARN of the notebook `name`."""

    def presign(self, client: "SageMakerClient", name: str, seconds: int, view: View) -> str:
        """Return a presigned URL that opens `view`, for a notebook session of `seconds`."""

    def describe(self, client: "SageMakerClient", name: str) -> Instance:
        """Return the instance of the notebook. Raises `KeyError` if a part of the response is missing."""

    def start(self, client: "SageMakerClient", name: str) -> None:
        """Start the notebook."""

    def stop(self, client: "SageMakerClient", name: str) -> None:
        """Stop the notebook."""


def actions(kind: Kind) -> list[str]:
    """Return all IAM actions of `kind`."""
    return [kind.open_action, kind.describe_action, kind.start_action, kind.stop_action]
