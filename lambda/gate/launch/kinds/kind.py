"""What each kind of notebook tells and does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from gate.values.instance import Instance
from gate.values.landing import Landing
from gate.values.notebook import Notebook, View

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class Arns:
    """The ARNs of one notebook."""

    opened: tuple[str, ...]
    """Those on which the presigned URL's action is allowed. AWS enforces it on the first."""
    managed: tuple[str, ...]
    """Those on which the other actions are allowed."""


class Kind(Protocol):
    """One kind of notebook: its ARNs, its IAM actions, and its calls of SageMaker.

    The calls raise botocore's errors, and `KeyError` if a part of a response is missing. `client` has the credentials
    of the caller, which allow nothing else.
    """

    open_action: ClassVar[str]
    """The IAM action that creates a presigned URL, and that AWS enforces for each later use of the notebook."""
    describe_actions: ClassVar[tuple[str, ...]]
    start_action: ClassVar[str]
    stop_action: ClassVar[str]
    url_lifetime: ClassVar[int]
    """Seconds for which a presigned URL can be used."""
    usual_start_seconds: ClassVar[int]
    """The time that a small instance usually takes from stopped to running."""
    state_conflict_codes: ClassVar[frozenset[str]]
    """SageMaker's error codes for a notebook that is missing, or whose state does not allow the call."""
    priming: ClassVar[tuple[str, Mapping[str, Any], bytes]]
    """The operation that opens a notebook, with made-up parameters and a made-up response, for SnapStart's snapshot."""

    def resources(self, domains: Sequence[str]) -> list[str]:
        """Return the ends of ARNs that match all notebooks of a region. `domains`: ids of the region's Studio domains.

        Source of the resource types: service authorization reference.
        """

    def arns(self, notebook: Notebook, prefix: str) -> Arns:
        """Return the ARNs of what the actions are allowed on. `prefix`: what all ARNs of its location begin with."""

    def presign(
        self, client: "SageMakerClient", notebook: Notebook, seconds: int, landing: Landing, usual: View | None
    ) -> str:
        """Return a presigned URL for a notebook session of `seconds`.

        `landing`: what the caller asks for; its view must be one of the notebook's. `usual`: the view of the grant.
        Raises `PathUnsupportedError`, `InvalidViewError` if the running application has another view, and a
        `NotReadyError` if it is known that the notebook is not running. Otherwise, SageMaker refuses.
        """

    def describe(self, client: "SageMakerClient", notebook: Notebook) -> Instance:
        """Return the instance of the notebook."""

    def start(self, client: "SageMakerClient", notebook: Notebook) -> None:
        """Start the notebook."""

    def stop(self, client: "SageMakerClient", notebook: Notebook) -> None:
        """Stop the notebook."""


def actions(kind: Kind) -> list[str]:
    """Return all IAM actions of `kind`."""
    return [kind.open_action, *kind.describe_actions, kind.start_action, kind.stop_action]
