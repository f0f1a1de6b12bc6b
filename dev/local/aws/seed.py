"""What AWS holds when the gate starts: the launch role, grants, secrets and notebook instances."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.iam.models import iam_backends
from moto.sagemaker.models import sagemaker_backends
from moto.secretsmanager.models import secretsmanager_backends

from cli.grant_schema.spec import GrantSpec
from gate.launch.denies.launch_role import REVOKED_POLICY
from local.aws.authority import DEPLOYED_POLICY
from local.aws.clients import ClientOf
from local.aws.notebook_instances import NotebookInstances
from local.aws.studio import STARTING, StudioDomains
from local.aws.studio_resources import EXECUTION_ROLE, App, Domain, Profile, Space
from local.resolved_template import Role
from local.sample import Notebook, StudioDomain
from local.template import ACCOUNT, REGION


def reset() -> None:
    """Delete everything. moto's data belong to the process, and an earlier deployment may have left some."""
    for backends in (dynamodb_backends, iam_backends, sagemaker_backends, secretsmanager_backends):
        for backend in backends[ACCOUNT].values():
            backend.reset()


def create_table(client_of: ClientOf, table: Mapping[str, Any], grants: Sequence[GrantSpec]) -> None:
    """Create the grants table, and write `grants` to it."""
    dynamodb = client_of("dynamodb")
    dynamodb.create_table(**table)
    name = table["TableName"]
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    for grant in grants:
        dynamodb.put_item(TableName=name, Item=grant.item())


def create_secrets(client_of: ClientOf, secrets: Mapping[str, str]) -> None:
    """Create `secrets`, by ARN; those with an empty ARN are skipped."""
    for arn, value in secrets.items():
        if arn:
            name = arn.rsplit(":", 1)[-1].rsplit("-", 1)[0]
            client_of("secretsmanager").create_secret(Name=name, SecretString=value)
            # moto gives the ARN a random suffix; policies and environment have the template's.
            secretsmanager_backends[ACCOUNT][REGION].secrets[name].arn = arn


def create_launch_role(role: Role) -> None:
    """Create the launch role in IAM, where operators read and change it."""
    policies = zip((DEPLOYED_POLICY, REVOKED_POLICY), role.policies, strict=True)
    _create_role(role.arn, role.trust, dict(policies))


def create_execution_role() -> None:
    """Create the execution role of Studio, which may create URLs from everywhere, as AWS's own policy for it says."""
    service = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
    opening = {"Effect": "Allow", "Action": StudioDomains.open_action, "Resource": "*"}
    _create_role(EXECUTION_ROLE, _document(service), {"studio": _document(opening)})


def _create_role(arn: str, trust: Mapping[str, Any], policies: Mapping[str, Any]) -> None:
    """Create the role `arn` with the inline `policies`, by name."""
    iam = iam_backends[ACCOUNT]["aws"]
    made = iam.create_role(
        role_name=arn.rpartition("/")[2],
        assume_role_policy_document=json.dumps(trust),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    assert made.arn == arn
    for name, policy in policies.items():
        iam.put_role_policy(made.name, name, json.dumps(policy))


def _document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def create_notebooks(client_of: ClientOf, instances: NotebookInstances, notebooks: Sequence[Notebook]) -> None:
    """Create the notebook instances, each in its state."""
    for notebook in notebooks:
        client_of("sagemaker").create_notebook_instance(
            NotebookInstanceName=notebook.name,
            InstanceType=notebook.instance_type,
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/notebook",
        )
        instances[notebook.name] = notebook.status


def create_studio(studio: StudioDomains, domains: Sequence[StudioDomain]) -> None:
    """Create the user profiles and spaces, each with its application in its state."""
    now = studio.clock()
    for domain in domains:
        studio.domains[domain.id] = Domain()
        for profile in domain.profiles:
            studio.profiles[domain.id, profile.lower()] = Profile(changed=now)
        for each in domain.spaces:
            app = None if each.status == "Deleted" else App(each.status, now, each.instance_type)
            space = Space("InService", "", now, each.owner, each.app_type, each.instance_type, app, each.failure_reason)
            if app and app.status == "Failed":
                app.failure_reason = each.failure_reason
            if app and app.status == "Pending":
                app.next = ("InService", now + STARTING / studio.speed_factor)
            studio.spaces[domain.id, each.name.lower()] = space
