"""Each setting changes the template. A setting that is missing in this table fails the test."""

import json
from typing import Any

import pytest

from infra.settings import Settings
from infra.settings_base import SettingsSection
from local.template import Template, synthesise_all
from tests.infra.examples import ENDPOINT, only, properties
from tests.infra.setting_rows import BASE, BOUNDARY, GIVEN, OTHER, ROWS, VPC


def _with(data: dict[str, Any], setting: str, value: Any) -> Settings:
    section, _, name = setting.rpartition(".")
    inner = {**data.get(section, {}), name: value}
    return Settings.parse({**data, section: inner} if section else {**data, name: value})


@pytest.fixture(scope="module")
def templates() -> dict[str, list[Template]]:
    """The templates of each row, synthesised together."""
    wanted = [_with(data, setting, value) for setting, (data, value, _) in ROWS.items()]
    return dict(zip(ROWS, synthesise_all(wanted), strict=True))


@pytest.fixture(scope="module")
def plain() -> str:
    ((template,),) = synthesise_all([Settings.parse({**BASE, "snap_start": False})])
    return json.dumps(template)


def test_every_setting_has_a_row() -> None:
    names = []
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, SettingsSection):
            names += [f"{name}.{inner}" for inner in section.model_fields]
        else:
            names.append(name)
    assert list(ROWS) == names


@pytest.mark.parametrize("setting", ROWS)
def test_a_setting_changes_the_template(templates: dict[str, list[Template]], plain: str, setting: str) -> None:
    expected = ROWS[setting][2]
    assert expected in json.dumps(templates[setting])
    assert expected not in plain  # so that the row can fail


def test_the_security_group_allows_the_port_of_the_proxy(templates: dict[str, list[Template]], plain: str) -> None:
    for template, ports in ((templates["vpc.proxy"][0], [443, 3128]), (json.loads(plain), [443])):
        group = only(template, "AWS::EC2::SecurityGroup")
        assert [rule["FromPort"] for rule in group["SecurityGroupEgress"]] == ports


def test_the_security_group_allows_the_port_of_the_issuer() -> None:
    identity = {**GIVEN, "issuer": "https://sso.example.com:8443"}
    ((template,),) = synthesise_all([Settings.parse({**BASE, "identity": identity})])
    group = only(template, "AWS::EC2::SecurityGroup")
    assert [rule["FromPort"] for rule in group["SecurityGroupEgress"]] == [443, 8443]


def test_a_private_api_allows_its_endpoints_alone(templates: dict[str, list[Template]]) -> None:
    (template,) = templates["private_endpoints"]
    api = only(template, "AWS::ApiGateway::RestApi")
    assert api["EndpointConfiguration"] == {"Types": ["PRIVATE"], "VpcEndpointIds": [OTHER]}
    denied = [each for each in api["Policy"]["Statement"] if each["Effect"] == "Deny"]
    assert denied[0]["Condition"] == {"StringNotEquals": {"aws:SourceVpce": [OTHER]}}
    assert denied[0]["Resource"] == "execute-api:/*"


def test_vpc_endpoints_without_any_address_are_enough() -> None:
    private = {"private_endpoints": [OTHER], "vpc_endpoints": [ENDPOINT], "identity": GIVEN}
    vpc = {**VPC, "egress": [], "no_egress": True, "subnet_cidrs": ["10.0.1.0/24"]}
    ((template,),) = synthesise_all([Settings.parse({**private, "vpc": vpc})])
    (policy,) = (
        role["Policies"][0]["PolicyDocument"]
        for role in properties(template, "AWS::IAM::Role").values()
        if role.get("Policies", [{}])[0].get("PolicyName") == "launch"
    )
    assert policy["Statement"][1]["Condition"] == {"StringNotEquals": {"aws:SourceVpce": [ENDPOINT]}}


def test_all_roles_have_the_permissions_boundary(templates: dict[str, list[Template]]) -> None:
    for template in templates["stack.permissions_boundary"]:
        roles = properties(template, "AWS::IAM::Role").values()
        assert len(roles) > 2
        assert all(role["PermissionsBoundary"] == BOUNDARY for role in roles)


def test_the_remote_launch_role_trusts_the_function_alone(templates: dict[str, list[Template]]) -> None:
    _, launch = templates["remote.external_id"]
    role = only(launch, "AWS::IAM::Role")
    assert role["RoleName"] == "notebook-gate-launch"
    assume, source = role["AssumeRolePolicyDocument"]["Statement"]
    assert assume["Principal"] == {"AWS": {"Ref": "FunctionRoleArn"}}
    assert assume["Condition"] == {"StringEquals": {"sts:ExternalId": "word"}}
    assert (source["Action"], source["Principal"]) == ("sts:SetSourceIdentity", {"AWS": {"Ref": "FunctionRoleArn"}})
    assert set(launch["Parameters"]) >= {"FunctionRoleArn", "Egress"}
    # It is also the template of a StackSet, which must not refer to another stack.
    assert "Fn::ImportValue" not in json.dumps(launch)


def test_the_template_contains_its_settings(templates: dict[str, list[Template]]) -> None:
    for setting, (data, value, _) in ROWS.items():
        stored = templates[setting][0]["Metadata"]["NotebookGate"]
        assert Settings.parse(stored) == _with(data, setting, value)


def test_without_its_logging_role_the_stack_leaves_that_of_the_account_alone(
    templates: dict[str, list[Template]], plain: str
) -> None:
    (template,) = templates["stack.api_logging_role"]
    assert '"AWS::ApiGateway::Account"' in plain
    assert '"AWS::ApiGateway::Account"' not in json.dumps(template)
    assert "ApiLoggingRoleArn" not in template["Outputs"]
    # The access log stays: it needs the account's role.
    assert only(template, "AWS::ApiGateway::Stage")["AccessLogSetting"]
