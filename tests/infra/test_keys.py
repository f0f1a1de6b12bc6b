"""Customer-managed keys: each function may use them through the service that needs them, and not directly."""

from typing import Any

import pytest

from infra.settings import Settings
from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, REGION, Template, synthesise
from tests.infra.examples import FULL, properties, resources

CLIENT, TOPIC, DATA = (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{n * 8}-89ab-cdef-0123-456789abcdef" for n in "012")

KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


@pytest.fixture(scope="module")
def template() -> Template:
    return synthesise(Settings.parse({**FULL, "keys": {"client_secret": CLIENT, "topic": TOPIC, "data": DATA}}))


@pytest.mark.parametrize(
    ("key", "action", "service", "function", "requests_function"),
    [
        (DATA, "kms:Decrypt", "dynamodb", True, True),
        (DATA, "kms:Decrypt", "secretsmanager", True, True),
        (DATA, "kms:Decrypt", "sns", False, False),
        (DATA, "kms:GenerateDataKey", "dynamodb", False, False),
        # The requests function signs people in and publishes; the other one does neither.
        (CLIENT, "kms:Decrypt", "secretsmanager", False, True),
        (CLIENT, "kms:Decrypt", "dynamodb", False, False),
        (TOPIC, "kms:Decrypt", "sns", False, True),
        (TOPIC, "kms:GenerateDataKey", "sns", False, True),
        (TOPIC, "kms:GenerateDataKey", "secretsmanager", False, False),
    ],
)
def test_functions_use_keys_through_services_alone(
    template: Template,
    evaluator: Evaluator,
    key: str,
    action: str,
    service: str,
    function: bool,
    requests_function: bool,
) -> None:
    resolved = ResolvedTemplate(template)
    for each, expected in ((resolved.function, function), (resolved.requests_function, requests_function)):
        assert each is not None

        def allows(context: dict[str, Any], each: Any = each) -> bool:
            access = Access(
                action=action,
                resource=key,
                account=ACCOUNT,
                principal=each.role.session("function"),
                context=context,
                identity_policies=each.role.policies,
                # The default key policy: IAM decides.
                resource_policy=KEY_POLICY,
            )
            return evaluator.allows(access)

        assert allows({"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}) is expected
        assert not allows({"kms:ViaService": f"{service}.us-east-1.amazonaws.com"})
        assert not allows({})  # called directly


def test_the_key_for_data_encrypts_everything_that_the_stack_keeps(template: Template) -> None:
    encrypted = {
        "AWS::DynamoDB::Table": lambda each: (
            each["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": DATA}
        ),
        "AWS::SecretsManager::Secret": lambda each: each["KmsKeyId"] == DATA,
        "AWS::Logs::LogGroup": lambda each: each["KmsKeyId"] == DATA,
    }
    for kind, is_encrypted in encrypted.items():
        found = properties(template, kind)
        assert found
        assert [name for name, each in found.items() if not is_encrypted(each)] == []


def test_a_key_replaces_nothing(template: Template) -> None:
    without = synthesise(Settings.parse(FULL))
    for kind in ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"):
        assert resources(template, kind).keys() == resources(without, kind).keys()
