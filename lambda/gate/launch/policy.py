"""The session policy: what one caller's credentials may do, for one notebook, from which addresses."""

import json
from typing import Any

from gate.launch.origins import Origins
from gate.store.grants import Grant

MAX_POLICY_LENGTH = 2048
"""Characters of an inline session policy (API reference of AssumeRole)."""

OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"
DESCRIBE = "sagemaker:DescribeNotebookInstance"
START = "sagemaker:StartNotebookInstance"
STOP = "sagemaker:StopNotebookInstance"


def session_policy(arn: str, grant: Grant, origins: Origins | None) -> str:
    """Write the policy that narrows the launch role to what `grant` gives on the notebook `arn`.

    `origins`: from where alone the notebook may be opened and used, or None where every origin that the launch role
    allows will do. The policies of the session that made the URL are enforced for each later request of the notebook,
    so this is what a leaked URL runs into.
    """
    manage = [DESCRIBE, *([START] if grant.may_start else []), *([STOP] if grant.may_stop else [])]
    statements = [*_opening(arn, origins), _allow(manage, arn)]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _opening(arn: str, origins: Origins | None) -> list[dict[str, Any]]:
    if origins is None:
        return [_allow(OPEN, arn)]
    statements = []
    if origins.public:
        statements.append(_allow(OPEN, arn, {"IpAddress": {"aws:SourceIp": list(origins.public)}}))
    if origins.private and origins.endpoints:
        # A statement of its own: a request through an endpoint carries no aws:SourceIp. The address counts together
        # with the endpoint, since other VPCs may use the same addresses (IAM user guide, "aws:VpcSourceIp").
        through = {
            "StringEquals": {"aws:SourceVpce": list(origins.endpoints)},
            "IpAddress": {"aws:VpcSourceIp": list(origins.private)},
        }
        statements.append(_allow(OPEN, arn, through))
    return statements


def _allow(action: str | list[str], arn: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": arn}
    return statement | ({"Condition": condition} if condition else {})
