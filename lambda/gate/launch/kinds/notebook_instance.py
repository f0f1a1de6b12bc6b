"""SageMaker notebook instances: all that is known of them, and SageMaker's words for their states."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gate.launch.kinds.kind import Kind
from gate.platform.log import logger
from gate.values.grant import View
from gate.values.instance import Failure, Instance, Status
from gate.values.notebook import Notebook

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"
DESCRIBE = "sagemaker:DescribeNotebookInstance"
START = "sagemaker:StartNotebookInstance"
STOP = "sagemaker:StopNotebookInstance"

STATUS_OF_STATE: Mapping[str, Status] = {
    "InService": "running",
    "Pending": "starting",
    "Stopping": "stopping",
    "Stopped": "stopped",
    "Failed": "failed",
    "Updating": "updating",
    "Deleting": "deleting",
}
"""The statuses of the values of `NotebookInstanceStatus` (API reference of DescribeNotebookInstance)."""

_FAILURE_WORDS: tuple[tuple[Failure, str], ...] = (
    ("capacity", "capacity"),
    ("quota", "limit"),
    ("quota", "quota"),
    ("lifecycle", "lifecycle"),
    ("lifecycle", "oncreate"),
    ("lifecycle", "onstart"),
)
"""Words in `FailureReason`, whose wording AWS does not document, and what they mean."""


class NotebookInstance(Kind):
    """The kind of SageMaker notebook instances."""

    open_action = OPEN
    describe_action = DESCRIBE
    start_action = START
    stop_action = STOP
    resource = "notebook-instance"
    url_lifetime = 300  # API reference of CreatePresignedNotebookInstanceUrl
    usual_start_seconds = 180
    state_conflict_codes = frozenset(
        {"ValidationException", "ResourceNotFound", "ResourceNotFoundException", "ConflictException"}
    )
    priming = (
        "create_presigned_notebook_instance_url",
        {"NotebookInstanceName": "x", "SessionExpirationDurationInSeconds": 43_200},
        b'{"AuthorizedUrl": "x"}',
    )

    def names(self, notebook: Notebook) -> bool:  # noqa: ARG002
        """Return true, because there is no other kind."""
        return True

    def arn(self, partition: str, region: str, account: str, name: str) -> str:
        """Return the ARN. SageMaker has the name in lower case in it (service authorization reference)."""
        return f"arn:{partition}:sagemaker:{region}:{account}:{self.resource}/{name.lower()}"

    def presign(self, client: "SageMakerClient", name: str, seconds: int, view: View) -> str:
        """Return a presigned URL. `view=lab` opens JupyterLab instead of the classic page; AWS does not document it."""
        url = client.create_presigned_notebook_instance_url(
            NotebookInstanceName=name, SessionExpirationDurationInSeconds=seconds
        )["AuthorizedUrl"]
        return url if view == "classic" else f"{url}&view=lab"

    def describe(self, client: "SageMakerClient", name: str) -> Instance:
        """Return the instance."""
        answer = client.describe_notebook_instance(NotebookInstanceName=name)
        state, changed = answer["NotebookInstanceStatus"], answer["LastModifiedTime"].timestamp()
        status = STATUS_OF_STATE.get(state, "unknown")
        failure = _failure(name, answer.get("FailureReason", "")) if status == "failed" else None
        return Instance(status, state, answer["InstanceType"], changed, failure)

    def start(self, client: "SageMakerClient", name: str) -> None:
        """Start the instance."""
        client.start_notebook_instance(NotebookInstanceName=name)

    def stop(self, client: "SageMakerClient", name: str) -> None:
        """Stop the instance."""
        client.stop_notebook_instance(NotebookInstanceName=name)


def _failure(name: str, text: str) -> Failure:
    # The whole text is for operators: it can name roles, subnets and scripts.
    logger.warning("a notebook has failed", notebook=name, failure_reason=text[:1000])
    lower = text.lower()
    return next((failure for failure, word in _FAILURE_WORDS if word in lower), "other")
