"""Changes of one setting: what has data, an address or a name is neither replaced nor removed."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from infra.settings import Settings
from local.template import REGION, Template, synthesise_all
from tests.infra.examples import ENDPOINT, EXISTING_VPC, FULL, NETWORK, SIGN_IN_ISSUER

DOMAIN = {name: FULL["domain"][name] for name in ("name", "certificate_arn")}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
TOPIC = FULL["requests"]["topic_arn"]

# The settings of a year: each row changes those before it.
YEAR: dict[str, dict[str, Any]] = {
    "the first deployment": {"networks": [NETWORK]},
    "one more network": {"networks": [NETWORK, "198.51.100.0/24"]},
    "without SnapStart": {"snap_start": False},
    "a second NAT gateway": {"vpc": {"nat_gateways": 2}},
    "the next addresses": {"vpc": {"nat_gateways": 2, "additional_egress": EXISTING_VPC["egress"]}},
    "another VPC": {"vpc": EXISTING_VPC},
    "other subnets": {"vpc": {**EXISTING_VPC, "subnet_ids": ["subnet-0fedcba9", "subnet-89abcdef"]}},
    "other egress": {"vpc": {**EXISTING_VPC, "egress": ["192.0.2.12"], "additional_egress": ["192.0.2.10"]}},
    "an own issuer": {"identity": SIGN_IN_ISSUER},
    "an own domain": {"domain": {**DOMAIN, "keep_default": True}},
    "the domain alone": {"domain": DOMAIN},
    "another certificate": {"domain": {**DOMAIN, "certificate_arn": f"{DOMAIN['certificate_arn']}4"}},
    "a hosted zone": {"domain": FULL["domain"]},
    "Slack": {"slack": {"teams": ["T0123ABCDEF"]}},
    "access requests": {"requests": {"approvers": {"group:ml": ["*"]}, "topic_arn": TOPIC}},
    "customer-managed keys": {"keys": {"client_secret": KEY, "topic": KEY, "data": KEY}},
    "other accounts and Studio": {"remote": FULL["remote"], "studio": FULL["studio"]},
    "endpoints for people": {"vpc_endpoints": [ENDPOINT], "pin": "networks"},
    "tracing and tags": {"stack": {"tracing": True, "tags": {"CostCentre": "4711"}}, "alarms": {"topic_arn": TOPIC}},
    "no VPC": {"vpc": {"none": True, "additional_egress": ["192.0.2.12"]}, "vpc_endpoints": []},
    "a VPC again": {"vpc": {**EXISTING_VPC, "accept_none": True}},
}  # fmt: skip

KEPT = frozenset({
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::RestApi",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::DynamoDB::Table",
    "AWS::EC2::EIP",
    "AWS::IAM::Role",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::SecretsManager::Secret",
})  # fmt: skip
"""Types with data, an address or a name."""

GOES = {
    # Each goes with what used it, and is listed in docs/operations.md if it stays in the account.
    "another VPC": {"AWS::EC2::EIP", "AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Logs::LogGroup"},
    "an own issuer": {"AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolDomain"},
}
"""What may go with a change: the stack no longer needs it."""

RETAINED = frozenset({"AWS::EC2::EIP", "AWS::Logs::LogGroup", "AWS::Cognito::UserPool", "AWS::DynamoDB::Table"})
"""Types that stay in the account when they leave the template."""


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    settings: dict[str, Any] = {}
    wanted = []
    for change in YEAR.values():
        settings = {**settings, **change}
        wanted.append(Settings.parse(settings))
    return {title: found[0] for title, found in zip(YEAR, synthesise_all(wanted), strict=True)}


def test_the_table_has_twenty_one_combinations() -> None:
    assert len(YEAR) == 21


@pytest.mark.parametrize(("before", "after"), list(pairwise(YEAR)))
def test_a_change_replaces_nothing_with_data_address_or_name(
    templates: dict[str, Template], before: str, after: str
) -> None:
    old, new = templates[before]["Resources"], templates[after]["Resources"]
    assert json.dumps(old) != json.dumps(new)
    kept = {name: each for name, each in old.items() if each["Type"] in KEPT}
    gone = {each["Type"] for name, each in kept.items() if name not in new}
    assert gone <= GOES.get(after, set())
    for name, each in kept.items():
        if name in new:
            assert list(_replacing(each, new[name])) == [], name
        elif each["Type"] in RETAINED:
            assert each["DeletionPolicy"] == "Retain", name


def test_a_change_of_the_certificate_changes_nothing_else(templates: dict[str, Template]) -> None:
    old, new = (templates[title]["Resources"] for title in ("the domain alone", "another certificate"))
    changed = {old[name]["Type"] for name in old if old[name] != new.get(name)}
    assert changed == {"AWS::ApiGateway::DomainName"}
    assert old.keys() == new.keys()


def test_replacements_are_recognised() -> None:
    """The schemas of CloudFormation name the properties whose change replaces a resource."""
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "a", "BillingMode": "x"}}
    assert list(_replacing(table, {**table, "Properties": {"TableName": "b", "BillingMode": "x"}})) == ["TableName"]
    assert list(_replacing(table, {**table, "Properties": {"TableName": "a", "BillingMode": "y"}})) == []


def _replacing(old: Any, new: Any) -> Iterator[str]:
    """Yield the properties whose change makes CloudFormation replace the resource."""
    assert old["Type"] == new["Type"]
    for name in _create_only(old["Type"]):
        if old["Properties"].get(name) != new["Properties"].get(name):
            yield name


@cache
def _create_only(kind: str) -> tuple[str, ...]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    paths = schema.get("createOnlyProperties", [])
    return tuple(dict.fromkeys(path.split("/")[2] for path in paths))
