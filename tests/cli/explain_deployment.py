"""A deployment in which `gate explain` meets every result."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cli.grant_schema.spec import GrantSpec
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import COLLEAGUE
from local.sample import Sample

IN_VPC = "10.0.7.4"
ENDPOINT, API_ENDPOINT = "vpce-0123456789abcdef0", "vpce-0fedcba9876543210"
NOTEBOOKS = ("alice-notebook", "shared-notebook", "gone-notebook")
GROUPS = {"bob@example.com": ("data-science", "staff")}
DENIES: dict[str, Any] = {
    "none": None,
    "everything": {"Effect": "Deny", "Action": "*", "Resource": "*"},
    "the colleague's address": {
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": f"{COLLEAGUE}/32"}},
    },
    "alice": {
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceIdentity": "alice@example.com"}},
    },
}  # fmt: skip


@contextmanager
def explain_deployment(sample: Sample) -> Iterator[LocalDeployment]:
    """Run a deployment with two inside addresses, a VPC endpoint, and a group that no pattern matches (`staff`)."""
    people = [person.model_copy(update={"groups": list(GROUPS.get(person.email, ()))}) for person in sample.people]
    unthrottled = sample.model_copy(update={"people": people, "urls_per_second": 10_000})
    settings = {"vpc_endpoints": [ENDPOINT], "identity": {"groups": ["data-*"]}}
    with LocalDeployment(unthrottled, LocalOptions(settings=settings, vpc_endpoints={IN_VPC: ENDPOINT})) as deployment:
        yield deployment


def arrange(deployment: LocalDeployment, grants: Any, state: str, denied: str) -> None:
    """Replace the grants (principal, notebook, end), the state of the notebooks, and the deny on the launch role."""
    dynamodb, table = deployment.operator("dynamodb"), deployment.template.table["TableName"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={key: item[key] for key in ("principal", "notebook")})
    for principal, notebook, until in grants:
        item = GrantSpec(principal=principal, notebook=notebook).item()
        dynamodb.put_item(TableName=table, Item=item | ({"until": {"N": str(until)}} if until else {}))
    for notebook in NOTEBOOKS[:2]:
        deployment.instances[notebook] = state
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    if DENIES[denied]:
        policy = {"Version": "2012-10-17", "Statement": [DENIES[denied]]}
        iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=json.dumps(policy))
    elif "more" in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName="more")
