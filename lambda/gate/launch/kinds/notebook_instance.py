"""SageMaker notebook instances: all that is known of them, and SageMaker's words for their states."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gate.launch.kinds.kind import Arns, Kind
from gate.values.errors.notebook import PathUnsupportedError
from gate.values.instance import Instance, Status
from gate.values.landing import Landing
from gate.values.notebook import Notebook, View

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


class NotebookInstance(Kind):
    """The kind of SageMaker notebook instances."""

    open_action = OPEN
    describe_actions = (DESCRIBE,)
    start_action = START
    stop_action = STOP
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

    def resources(self, domains: Sequence[str]) -> list[str]:  # noqa: ARG002
        """Return the end of an ARN that matches all instances."""
        return ["notebook-instance/*"]

    def arns(self, notebook: Notebook, prefix: str) -> Arns:
        """Return the ARN. SageMaker has the name in lower case in it (service authorization reference)."""
        arn = f"{prefix}notebook-instance/{notebook.name.lower()}"
        return Arns((arn,), (arn,))

    def presign(
        self, client: "SageMakerClient", notebook: Notebook, seconds: int, landing: Landing, usual: View | None
    ) -> str:
        """Return a presigned URL. `view=lab` opens JupyterLab instead of the classic page; AWS does not document it."""
        if landing.path:
            raise PathUnsupportedError
        url = client.create_presigned_notebook_instance_url(
            NotebookInstanceName=notebook.name, SessionExpirationDurationInSeconds=seconds
        )["AuthorizedUrl"]
        return url if (landing.view or usual) == "classic" else f"{url}&view=lab"

    def describe(self, client: "SageMakerClient", notebook: Notebook) -> Instance:
        """Return the instance."""
        answer = client.describe_notebook_instance(NotebookInstanceName=notebook.name)
        state, changed = answer["NotebookInstanceStatus"], answer["LastModifiedTime"].timestamp()
        status = STATUS_OF_STATE.get(state, "unknown")
        if status != "failed":
            return Instance(status, state, answer["InstanceType"], changed)
        from gate.launch.kinds.failures import failure_of

        failure = failure_of(notebook.name, answer.get("FailureReason", ""))
        return Instance(status, state, answer["InstanceType"], changed, failure)

    def start(self, client: "SageMakerClient", notebook: Notebook) -> None:
        """Start the instance."""
        client.start_notebook_instance(NotebookInstanceName=notebook.name)

    def stop(self, client: "SageMakerClient", notebook: Notebook) -> None:
        """Stop the instance."""
        client.stop_notebook_instance(NotebookInstanceName=notebook.name)
