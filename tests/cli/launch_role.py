"""The launch role's inline policies in the local AWS."""

import json
from typing import Any

from gate.launch.denies.launch_role import REVOKED_POLICY
from infra.revocations import NOTHING_REVOKED
from local.deployment import LocalDeployment


def inline_policies(deployment: LocalDeployment) -> dict[str, Any]:
    """Return the policies by name."""
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}


def remove_revocations(deployment: LocalDeployment) -> None:
    """Remove the denies and cutoffs that revokes have written."""
    iam, dynamodb = deployment.operator("iam"), deployment.operator("dynamodb")
    role = deployment.template.launch_role.arn.rpartition("/")[2]
    iam.put_role_policy(RoleName=role, PolicyName=REVOKED_POLICY, PolicyDocument=json.dumps(NOTHING_REVOKED))
    table = deployment.template.table["TableName"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        if item["principal"]["S"].startswith(("revoked:", "cutoff:")):
            key = {name: item[name] for name in ("principal", "notebook")}
            dynamodb.delete_item(TableName=table, Key=key)
