"""What AWS says of policies and notebooks: its own policy simulator, asked as if a caller's credentials were used."""

import datetime
from typing import Any

from botocore.exceptions import ClientError

from cli.aws import aws_errors, code_of
from cli.deployed import Deployed
from cli.explain.source import Source
from gate.launch.policy import OPEN
from gate.launch.target import LaunchTarget
from gate.notebook import Notebook

_ABSENT = frozenset({"ValidationException", "ResourceNotFound", "ResourceNotFoundException"})


class Simulator:
    """Asks AWS, with the operator's own credentials."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed

    def role_allows(self, target: LaunchTarget, source: Source, name: str) -> bool:
        """Tell whether the launch role, as it stands, opens `target` for a session `name` that begins now."""
        return self._allowed("simulate_principal_policy", target, source, name, PolicySourceArn=target.role_arn)

    def session_allows(self, policy: str, target: LaunchTarget, source: Source, name: str) -> bool:
        """Tell whether the session policy alone does."""
        return self._allowed("simulate_custom_policy", target, source, name, PolicyInputList=[policy])

    def describe(self, target: LaunchTarget, notebook: Notebook) -> str | None:
        """Return the notebook's state, None where there is none. Raises `CommandError`."""
        aws = self._deployed.aws
        sagemaker = aws.client("sagemaker", region=target.region)
        with aws_errors():
            try:
                answer = sagemaker.describe_notebook_instance(NotebookInstanceName=notebook.name)
            except ClientError as error:
                if code_of(error) in _ABSENT:
                    return None
                raise
        return str(answer["NotebookInstanceStatus"])

    def _allowed(self, operation: str, target: LaunchTarget, source: Source, name: str, **policies: Any) -> bool:
        issued = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        entries = [
            *((key, kind, value) for key, (kind, value) in source.context.items()),
            ("aws:SourceIdentity", "string", name),
            ("aws:TokenIssueTime", "date", issued),
        ]
        context = [
            {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": [value]} for key, kind, value in entries
        ]
        client = self._deployed.aws.client("iam")
        with aws_errors():
            answer = getattr(client, operation)(
                ActionNames=[OPEN], ResourceArns=[target.notebook_arn], ContextEntries=context, **policies
            )
        return all(result["EvalDecision"] == "allowed" for result in answer["EvaluationResults"])
