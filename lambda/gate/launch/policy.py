"""The session policy: what one caller's credentials may do, for one notebook, from which addresses."""

import json
from collections.abc import Sequence
from typing import Any

from gate.grants import Grant

LONGEST_POLICY = 2048
"""Characters of an inline session policy (API reference of AssumeRole)."""

OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"
DESCRIBE = "sagemaker:DescribeNotebookInstance"
START = "sagemaker:StartNotebookInstance"
STOP = "sagemaker:StopNotebookInstance"


def host(address: str) -> str:
    """Return the network that is the one `address`, in CIDR form.

    Left to itself, IAM takes an address without a prefix for a /32 (IAM user guide, "IP address condition
    operators"), which of IPv6 is a whole provider's customers.
    """
    return f"{address}/{128 if ':' in address else 32}"


def session_policy(arn: str, grant: Grant, *, networks: Sequence[str] | None, vpc_endpoints: Sequence[str]) -> str:
    """Write the policy that narrows the launch role to what `grant` gives on the notebook `arn`.

    `networks`: CIDRs from where alone the notebook may be opened and used (the caller's own and the function's), none
    at all for callers who only manage it, or None where every one of the launch role's networks will do. The policies
    of the session that made the URL are enforced for each later request of the notebook, so this is what a leaked URL
    runs into.
    """
    statements = []
    if networks is None:
        statements.append(_allow(OPEN, arn))
    elif networks:
        statements.append(_allow(OPEN, arn, {"IpAddress": {"aws:SourceIp": list(networks)}}))
        if vpc_endpoints:
            # A statement of its own: a request through an endpoint carries no aws:SourceIp.
            statements.append(_allow(OPEN, arn, {"StringEquals": {"aws:SourceVpce": list(vpc_endpoints)}}))
    manage = [DESCRIBE, *([START] if grant.may_start else []), *([STOP] if grant.may_stop else [])]
    statements.append(_allow(manage, arn))
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _allow(action: str | list[str], arn: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": arn}
    return statement | ({"Condition": condition} if condition else {})
