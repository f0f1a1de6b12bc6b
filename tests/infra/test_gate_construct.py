"""NotebookGate in a stack of another app, and the logical ids that existing deployments have."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from infra.gate import NotebookGate
from infra.placement import PlacementError
from infra.remote import LaunchRoleStack
from infra.settings import Settings
from infra.stored_settings import METADATA, OUTPUT, join
from local.template import Template
from tests.infra.examples import FULL, MINIMAL, REMOTE_ACCOUNT, only, properties, resources

KEPT = {
    "AWS::ApiGateway::RestApi": {"GateApiE52E53C9"},
    "AWS::Cognito::UserPool": {"IdentityPool9E5AED46"},
    "AWS::DynamoDB::Table": {"GrantsTable3EFD9DAF"},
    "AWS::EC2::EIP": {"NetworkAddressFA8F1C7D"},
    "AWS::SecretsManager::Secret": {"SessionKey0FE01E29"},
}
"""The logical ids of what people would lose if an update replaced it: addresses, accounts, grants and keys."""


def _app() -> cdk.App:
    return cdk.App(context={"aws:cdk:bundling-stacks": []})


def _stack(app: cdk.App, settings: dict[str, Any], **more: Any) -> tuple[NotebookGate, Template]:
    """Return a gate in a stack of another app, and the stack's template."""
    stack = cdk.Stack(app, "Notebooks", **more)
    gate = NotebookGate(stack, "Gate", settings=Settings.parse(settings))
    template: Template = app.synth().get_stack_by_name("Notebooks").template
    return gate, template


def test_the_logical_ids_of_existing_deployments_stay(template: Template) -> None:
    assert {kind: resources(template, kind).keys() for kind in KEPT} == KEPT


def test_the_vpc_has_the_names_of_existing_deployments(template: Template) -> None:
    tags = [tag for each in template["Resources"].values() for tag in each.get("Properties", {}).get("Tags", [])]
    names = {tag["Value"] for tag in tags if tag["Key"] == "Name"}
    assert {"notebook-gate/Network/Vpc", "notebook-gate/Network/Vpc/privateSubnet1"} < names
    assert [name for name in names if "Default" in name] == []


def test_metrics_and_remote_roles_have_the_name_of_the_stack() -> None:
    app = _app()
    stack = cdk.Stack(app, "Notebooks", stack_name="team-notebooks")
    gate = NotebookGate(stack, "Gate", settings=Settings.parse({**FULL, "name": "ignored"}))
    LaunchRoleStack(app, "LaunchRole", settings=gate.settings)
    assembly = app.synth()
    template = assembly.get_stack_by_name("team-notebooks").template
    assert template["Metadata"][METADATA]["name"] == "team-notebooks"
    functions = properties(template, "AWS::Lambda::Function").values()
    variables = [each["Environment"]["Variables"] for each in functions]
    assert [each["POWERTOOLS_SERVICE_NAME"] for each in variables] == ["team-notebooks"] * 3
    (remote,) = properties(assembly.get_stack_by_name("LaunchRole").template, "AWS::IAM::Role").values()
    assert {remote["RoleName"], "team-notebooks-launch"} == {each["GATE_REMOTE_ROLE"] for each in variables}
    assert f":iam::{REMOTE_ACCOUNT}:role/team-notebooks-launch" in json.dumps(properties(template, "AWS::IAM::Policy"))
    alarms = json.dumps(properties(template, "AWS::CloudWatch::Alarm"))
    assert '{"Name": "service", "Value": "team-notebooks"}' in alarms
    assert "ignored" not in json.dumps(template)


def test_values_of_another_stack_are_accepted_and_gate_reads_them_from_an_output() -> None:
    app = _app()
    network = cdk.Stack(app, "Net")
    address = ec2.CfnEIP(network, "Address")
    vpc = ec2.Vpc(network, "Vpc", max_azs=2)
    given = {
        "id": vpc.vpc_id,
        "subnet_ids": [subnet.subnet_id for subnet in vpc.private_subnets],
        "egress": [f"{address.ref}/32"],
    }
    secret = cdk.CfnParameter(network, "Secret").value_as_string
    identity = {**FULL["identity"], "client_secret_arn": secret}
    _, template = _stack(app, {**MINIMAL, "vpc": given, "identity": identity})
    imported = json.dumps(only(template, "AWS::Lambda::Function")["VpcConfig"]["SubnetIds"])
    assert imported.count("Fn::ImportValue") == 2
    assert "Fn::" not in json.dumps(template["Metadata"])
    text = template["Outputs"][OUTPUT]["Value"]["Fn::Join"][1]
    real = iter(("vpc-0123456789abcdef0", "subnet-01234567", "subnet-89abcdef", "192.0.2.10"))
    arn = FULL["identity"]["client_secret_arn"]
    deployed = "".join(
        part if isinstance(part, str) else arn if "Secret" in json.dumps(part) else next(real) for part in text
    )
    read = Settings.parse(join(template["Metadata"][METADATA], json.loads(deployed)))
    assert (read.vpc.id, read.vpc.subnet_ids) == ("vpc-0123456789abcdef0", ["subnet-01234567", "subnet-89abcdef"])
    assert (read.vpc.egress, read.identity.client_secret_arn) == (["192.0.2.10/32"], arn)
    assert read.identity.issuer == FULL["identity"]["issuer"]


def test_settings_without_tokens_need_no_output(template: Template) -> None:
    assert OUTPUT not in template["Outputs"]
    assert Settings.parse(template["Metadata"][METADATA]).networks


def test_a_second_gate_in_a_stack_is_refused() -> None:
    stack = cdk.Stack(_app(), "Notebooks")
    NotebookGate(stack, "Gate", settings=Settings.parse(MINIMAL))
    with pytest.raises(PlacementError, match="Notebooks has a gate already; put this one into another stack"):
        NotebookGate(stack, "Other", settings=Settings.parse(MINIMAL))


def test_a_nested_stack_is_refused() -> None:
    stack = cdk.NestedStack(cdk.Stack(_app(), "Notebooks"), "Nested")
    with pytest.raises(PlacementError, match="Notebooks/Nested/Gate: a nested stack cannot have a gate"):
        NotebookGate(stack, "Gate", settings=Settings.parse(MINIMAL))


def test_a_qualifier_is_refused_because_it_belongs_to_the_stack() -> None:
    stack = cdk.Stack(_app(), "Notebooks")
    with pytest.raises(PlacementError, match=r'synthesizer=cdk\.DefaultStackSynthesizer\(qualifier="team"\)'):
        NotebookGate(stack, "Gate", settings=Settings.parse({**MINIMAL, "stack": {"bootstrap_qualifier": "team"}}))


def test_tags_and_the_permissions_boundary_are_those_of_the_gate_alone() -> None:
    boundary = f"arn:aws:iam::{REMOTE_ACCOUNT}:policy/Boundary"
    app = _app()
    stack = cdk.Stack(app, "Notebooks")
    cdk.aws_iam.Role(stack, "Other", assumed_by=cdk.aws_iam.AccountRootPrincipal())
    settings = {**MINIMAL, "stack": {"permissions_boundary": boundary, "tags": {"team": "ml"}}}
    NotebookGate(stack, "Gate", settings=Settings.parse(settings))
    template = app.synth().get_stack_by_name("Notebooks").template
    roles = properties(template, "AWS::IAM::Role")
    (other,) = (name for name in roles if name.startswith("Other"))
    assert {name for name, role in roles.items() if role.get("PermissionsBoundary") == boundary} == {*roles} - {other}
    assert {"Key": "team", "Value": "ml"} in only(template, "AWS::DynamoDB::Table")["Tags"]
    assert "Tags" not in roles[other]
