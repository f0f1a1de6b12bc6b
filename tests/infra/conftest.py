"""What the stack synthesises, once for all tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.settings import Settings
from local.evaluator import Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import Template, synthesise

ROOT = Path(__file__).parents[2]
ENDPOINT = "vpce-0123456789abcdef0"
NETWORK = "203.0.113.0/24"
GIVEN = {
    "issuer": "https://login.example.com",
    "client_id": "gate",
    "client_secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:client-AbCdEf",
    "iam_accounts": ["210987654321"],
}
OWN = {
    "networks": [NETWORK, "2001:db8::/32"],
    "vpc_endpoints": [ENDPOINT],
    "identity": GIVEN,
    "slack": {"teams": ["T0123ABCDEF"], "email_domains": ["example.com"]},
    "vpc": {
        "id": "vpc-0123456789abcdef0",
        "subnet_ids": ["subnet-01234567", "subnet-89abcdef"],
        "egress": ["192.0.2.10", "192.0.2.11"],
    },
    "remote": {"locations": ["210987654321/eu-central-1", "210987654321/us-east-1"], "external_id": "gate-4711"},
    "alarms": {"topic_arn": "arn:aws:sns:eu-west-1:123456789012:alarms"},
    "domain": {
        "name": "notebooks.example.com",
        "certificate_arn": "arn:aws:acm:eu-west-1:123456789012:certificate/0123",
        "hosted_zone_id": "Z0123",
        "hosted_zone_name": "example.com",
    },
}
"""Everything that a deployment into somebody else's house brings along."""


def _template(data: dict[str, Any]) -> Template:
    return synthesise(Settings.parse(data))


@pytest.fixture(scope="session")
def template() -> Template:
    """The example settings: own VPC, own user pool, API Gateway's address."""
    return synthesise(Settings.load(ROOT / "gate.toml"))


@pytest.fixture(scope="session")
def own_template() -> Template:
    """An existing VPC, a given issuer, an own domain, a VPC endpoint, Slack."""
    return _template(OWN)


@pytest.fixture(scope="session")
def own_resolved(own_template: Template) -> ResolvedTemplate:
    return ResolvedTemplate(own_template)


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    with Evaluator() as evaluator:
        yield evaluator
