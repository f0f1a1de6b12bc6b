"""Asks AWS what its policies allow, with IAM's policy simulator."""

import datetime
from collections.abc import Mapping
from typing import Any

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.explain.source import Source
from gate.launch.target import LaunchTarget
from gate.launch.window import TAG, TAG_KEY


class Simulator:
    """Calls AWS with the operator's credentials. Every method raises `CommandError` if AWS refuses the call."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed

    def role_allows(self, target: LaunchTarget, source: Source, session_name: str) -> bool:
        """Return whether the launch role's policies let a role session that begins now open `target` from `source`."""
        return self._opens(target, source, session_name, PolicySourceArn=target.role.arn)

    def session_allows(self, policy: str, target: LaunchTarget, source: Source, session_name: str) -> bool:
        """Return whether the session policy `policy` (JSON) lets it, whatever the role's policies say."""
        return self._opens(target, source, session_name, PolicyInputList=[policy])

    def principal_allows(self, role_arn: str, action: str, resource: str, source: Source) -> bool:
        """Return whether the policies of any role allow `action` on the ARN `resource` from `source`."""
        return self._allowed(action, resource, _entries(source.context), PolicySourceArn=role_arn)

    def _opens(self, target: LaunchTarget, source: Source, session_name: str, **policies: Any) -> bool:
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        session = {"aws:SourceIdentity": ("string", session_name), "aws:TokenIssueTime": ("date", now)}
        session["aws:CurrentTime"] = ("date", now)
        if self._deployed.config.without_vpc:
            session[TAG_KEY] = ("string", TAG["Value"])
        context = _entries({**source.context, **session})
        return self._allowed(target.kind.open_action, target.arns.opened[0], context, **policies)

    def _allowed(self, action: str, resource: str, context: list[dict[str, Any]], **policies: Any) -> bool:
        client = self._deployed.aws.client("iam")
        simulate = client.simulate_principal_policy if "PolicySourceArn" in policies else client.simulate_custom_policy
        with aws_errors():
            response = simulate(ActionNames=[action], ResourceArns=[resource], ContextEntries=context, **policies)
        return all(result["EvalDecision"] == "allowed" for result in response["EvaluationResults"])


def _entries(context: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """Return `ContextEntries` of the condition keys `context`, each with its type and value."""
    return [
        {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": [value]}
        for key, (kind, value) in context.items()
    ]
