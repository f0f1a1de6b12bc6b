"""Customer-managed KMS keys: what is encrypted with them, and what the functions may do with them."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

from infra.sections import KeySettings

READING = ("kms:Decrypt",)
"""What it takes to read a secret (Secrets Manager user guide, "Secret encryption and decryption"), and to read and
write items (DynamoDB developer guide, "DynamoDB encryption at rest": the table key is decrypted in the caller's
name)."""

PUBLISHING = ("kms:Decrypt", "kms:GenerateDataKey")
"""What it takes to publish (SNS developer guide, "Managing Amazon SNS encryption keys")."""


def encrypt(secret: secretsmanager.Secret, key_arn: str) -> None:
    """Encrypt `secret` with the key `key_arn`; if it is empty, with the key of Secrets Manager."""
    resource = secret.node.default_child
    assert isinstance(resource, secretsmanager.CfnSecret)
    resource.kms_key_id = key_arn or None


def key_statements(keys: KeySettings, *, signs_in: bool, publishes: bool) -> list[iam.PolicyStatement]:
    """Return what a function may do with `keys`: what it needs, and only through the service that uses the key.

    `signs_in`: whether it reads the client secret. `publishes`: whether it publishes access requests.
    """
    return [
        *([_allow(keys.data, READING, ["dynamodb", "secretsmanager"])] if keys.data else []),
        *([_allow(keys.client_secret, READING, ["secretsmanager"])] if keys.client_secret and signs_in else []),
        *([_allow(keys.topic, PUBLISHING, ["sns"])] if keys.topic and publishes else []),
    ]


def _allow(key_arn: str, actions: Sequence[str], services: Sequence[str]) -> iam.PolicyStatement:
    through = [f"{service}.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}" for service in services]
    return iam.PolicyStatement(
        actions=list(actions), resources=[key_arn], conditions={"StringEquals": {"kms:ViaService": through}}
    )
