"""The operator's access to the local AWS."""

import boto3

from cli.aws import AwsAccess
from local.deployment import LocalDeployment


def operator_access(deployment: LocalDeployment) -> AwsAccess:
    """Return the access that `gate --local` has."""
    key = deployment.authority.operator_key
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="local", region_name="eu-west-1")
    return AwsAccess(session, deployment.aws.url)
