"""What AWS holds when the gate starts: grants, secrets, notebooks."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.iam.models import iam_backends
from moto.sagemaker.models import sagemaker_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sts.models import sts_backends

from grant_schema.spec import GrantSpec
from local.aws.authority import DEPLOYED
from local.aws.instances import Instances
from local.resolved_template import Role
from local.sample import Notebook
from local.template import ACCOUNT, REGION

ClientOf = Callable[[str], Any]
"""Gives a boto3 client of a service, with leave to do anything."""


def empty() -> None:
    """Forget everything: moto's data are the process's, and another world may have been there before."""
    for backends in (dynamodb_backends, iam_backends, sagemaker_backends, secretsmanager_backends, sts_backends):
        for backend in backends[ACCOUNT].values():
            backend.reset()


def fill(client_of: ClientOf, table: Mapping[str, Any], grants: Sequence[GrantSpec]) -> None:
    """Make the grants table and put `grants` into it."""
    dynamodb = client_of("dynamodb")
    dynamodb.create_table(**table)
    for grant in grants:
        dynamodb.put_item(TableName=table["TableName"], Item=grant.item())


def keep_secrets(client_of: ClientOf, secrets: Mapping[str, str]) -> None:
    """Keep `secrets`, by their ARNs; an empty ARN stands for none."""
    for arn, value in secrets.items():
        if arn:
            name = arn.rsplit(":", 1)[-1].rsplit("-", 1)[0]
            client_of("secretsmanager").create_secret(Name=name, SecretString=value)
            # moto ends the ARN by chance; policies and environment go by the template's.
            secretsmanager_backends[ACCOUNT][REGION].secrets[name].arn = arn


def make_launch_role(role: Role) -> None:
    """Make the launch role where operators look at it, and change it."""
    iam = iam_backends[ACCOUNT]["aws"]
    made = iam.create_role(
        role_name=role.arn.rpartition("/")[2],
        assume_role_policy_document=json.dumps(role.trust),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    assert made.arn == role.arn
    (policy,) = role.policies
    iam.put_role_policy(made.name, DEPLOYED, json.dumps(policy))


def make_notebooks(client_of: ClientOf, instances: Instances, notebooks: Sequence[Notebook]) -> None:
    """Make the notebook instances, each in its state."""
    for notebook in notebooks:
        client_of("sagemaker").create_notebook_instance(
            NotebookInstanceName=notebook.name,
            InstanceType=notebook.instance_type,
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/notebook",
        )
        instances.put(notebook.name, notebook.status)
