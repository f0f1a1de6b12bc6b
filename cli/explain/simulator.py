"""Asks AWS what its policies allow, with IAM's policy simulator, and how a notebook's instance is."""

import datetime
from typing import Any

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.explain.source import Source
from gate.launch.target import LaunchTarget
from gate.values.instance import Instance
from gate.values.notebook import Notebook


class Simulator:
    """Calls AWS with the operator's credentials. Every method raises `CommandError` if AWS refuses the call."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed

    def role_allows(self, target: LaunchTarget, source: Source, session_name: str) -> bool:
        """Return whether the launch role's policies let a role session that begins now open `target` from `source`."""
        return self._allowed("simulate_principal_policy", target, source, session_name, PolicySourceArn=target.role.arn)

    def session_allows(self, policy: str, target: LaunchTarget, source: Source, session_name: str) -> bool:
        """Return whether the session policy `policy` (JSON) lets it, whatever the role's policies say."""
        return self._allowed("simulate_custom_policy", target, source, session_name, PolicyInputList=[policy])

    def instance_of(self, target: LaunchTarget, notebook: Notebook) -> Instance | None:
        """Return the instance of the notebook, or None if it does not exist."""
        sagemaker = self._deployed.aws.client("sagemaker", region=target.role.region)
        instance = None
        with aws_errors(ignore=target.kind.state_conflict_codes):
            instance = target.kind.describe(sagemaker, notebook)
        return instance  # noqa: RET504  `aws_errors` may have ended the block

    def _allowed(
        self, operation: str, target: LaunchTarget, source: Source, session_name: str, **policies: Any
    ) -> bool:
        issued = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        entries = [
            *((key, kind, value) for key, (kind, value) in source.context.items()),
            ("aws:SourceIdentity", "string", session_name),
            ("aws:TokenIssueTime", "date", issued),
        ]
        context = [
            {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": [value]} for key, kind, value in entries
        ]
        client = self._deployed.aws.client("iam")
        with aws_errors():
            response = getattr(client, operation)(
                ActionNames=[target.kind.open_action],
                ResourceArns=[target.arns.opened[0]],
                ContextEntries=context,
                **policies,
            )
        return all(result["EvalDecision"] == "allowed" for result in response["EvaluationResults"])
