"""The template without a VPC: what it costs, what the roles allow, and the moves between the two modes."""

import json
from typing import Any

import pytest

from gate.launch.allowed_sources import AllowedSources
from gate.launch.kinds.notebook_instance import NotebookInstance
from gate.launch.policy import MAX_POLICY_LENGTH, session_policy
from gate.launch.window import TAG, TAG_KEY
from gate.platform.config import Config
from gate.store.grant_row import MAX_EPOCH_SECONDS
from gate.values.grant import Grant
from gate.values.notebook import Notebook
from infra.settings import MAX_PINNED_LENGTH, Settings
from infra.settings_errors import SettingsError
from infra.synth_warnings import longest_studio_names
from local.resolved_template import ResolvedTemplate
from local.template import Template, synthesise_all
from tests.infra.examples import (
    ENDPOINT,
    EXISTING_VPC,
    FULL,
    MINIMAL,
    NETWORK,
    OTHER_ENDPOINT,
    REMOTE_ACCOUNT,
    properties,
)

TAGGED = {TAG_KEY: [TAG["Value"]]}
WITHOUT: dict[str, Any] = {**FULL, "vpc_endpoints": [], "vpc": {"none": True}}
LEAVING: dict[str, Any] = {**WITHOUT, "vpc": {"none": True, "additional_egress": EXISTING_VPC["egress"]}}
ENTERING: dict[str, Any] = {**WITHOUT, "vpc": {**EXISTING_VPC, "accept_none": True}}

FREE_BY_THE_HOUR = {
    # By the request, and by the gigabyte.
    "AWS::ApiGateway::BasePathMapping", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::GatewayResponse", "AWS::ApiGateway::Method", "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::Lambda::Alias", "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::DynamoDB::Table", "AWS::Events::Rule",
    # By the month, whether or not anything uses them: less than a dollar each, but three for a dashboard.
    "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::SecretsManager::Secret",
    # The snapshot of SnapStart: two dollars a month for each version that is kept, nothing without SnapStart.
    "AWS::Lambda::Version",
    # Nothing.
    "AWS::ApiGateway::Account", "AWS::CDK::Metadata", "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role",
    "AWS::Lambda::Permission", "AWS::Route53::RecordSet",
}  # fmt: skip
"""The types that no price list has by the hour. Source: AWS's price list, us-east-1, November 2026."""


@pytest.fixture(scope="module")
def templates() -> dict[str, list[Template]]:
    wanted = {"small": {**MINIMAL, "vpc": {"none": True}}, "full": WITHOUT, "leaving": LEAVING, "entering": ENTERING}
    made = synthesise_all([Settings.parse(each) for each in wanted.values()])
    return dict(zip(wanted, made, strict=True))


@pytest.mark.parametrize("name", ["small", "full"])
def test_no_resource_has_an_hourly_price(templates: dict[str, list[Template]], name: str) -> None:
    for template in templates[name]:
        assert {each["Type"] for each in template["Resources"].values()} <= FREE_BY_THE_HOUR
        assert all(
            each["BillingMode"] == "PAY_PER_REQUEST" for each in properties(template, "AWS::DynamoDB::Table").values()
        )
        assert "ProvisionedConcurrency" not in json.dumps(template)
        assert "CacheClusterEnabled" not in json.dumps(properties(template, "AWS::ApiGateway::Stage"))
        assert all("VpcConfig" not in each for each in properties(template, "AWS::Lambda::Function").values())


def test_the_function_knows_that_it_has_no_vpc(templates: dict[str, list[Template]]) -> None:
    config = Config.from_environ({**ResolvedTemplate(templates["small"][0]).environment, "AWS_REGION": "eu-west-1"})
    assert (config.without_vpc, config.egress, config.networks) == (True, (), ())
    assert "Egress" not in templates["small"][0]["Outputs"]


def _role(template: Template) -> tuple[Any, Any]:
    """Return the condition of the launch role's Deny, and the statement of its trust policy on sessions."""
    (role,) = (
        each
        for each in properties(template, "AWS::IAM::Role").values()
        if each.get("Policies", [{}])[0].get("PolicyName") == "launch"
    )
    deny = role["Policies"][0]["PolicyDocument"]["Statement"][-1]
    assert deny["Effect"] == "Deny"
    return deny["Condition"], role["AssumeRolePolicyDocument"]["Statement"][-1]["Action"]


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("small", [NETWORK]),
        ("full", FULL["networks"]),
        ("leaving", [*FULL["networks"], "192.0.2.10/32", "192.0.2.11/32"]),
        ("entering", [*FULL["networks"], "192.0.2.10/32", "192.0.2.11/32"]),
    ],
)
def test_the_launch_role_spares_sessions_with_a_window(
    templates: dict[str, list[Template]], name: str, addresses: list[str]
) -> None:
    expected = {"NotIpAddress": {"aws:SourceIp": addresses}, "StringNotEquals": TAGGED}
    assert _role(templates[name][0]) == (expected, ["sts:SetSourceIdentity", "sts:TagSession"])


def test_the_function_may_tag_the_sessions_of_the_launch_roles_alone(templates: dict[str, list[Template]]) -> None:
    resolved = ResolvedTemplate(templates["full"][0])
    statements = [each for policy in resolved.function.role.policies for each in policy["Statement"]]
    (found,) = (each for each in statements if "sts:TagSession" in each["Action"])
    remote = f"arn:aws:iam::{REMOTE_ACCOUNT}:role/notebook-gate-launch"
    assert found["Resource"] == [resolved.launch_role.arn, remote]


def test_a_launch_role_in_another_account_needs_no_egress(templates: dict[str, list[Template]]) -> None:
    for name, more in (("full", []), ("leaving", ["192.0.2.10/32", "192.0.2.11/32"])):
        remote = templates[name][1]
        assert remote["Parameters"].keys() == {"FunctionRoleArn"}
        condition, actions = _role(remote)
        assert condition["NotIpAddress"] == {"aws:SourceIp": [*FULL["networks"], *more]}
        assert (condition["StringNotEquals"], actions[-1]) == (TAGGED, "sts:TagSession")
    # A VPC has an address again, which is a parameter.
    entering = templates["entering"][1]
    assert entering["Parameters"].keys() == {"FunctionRoleArn", "Egress"}
    assert _role(entering)[0]["StringNotEquals"] == TAGGED


def test_with_a_vpc_no_session_is_spared(template: Template, full_template: Template) -> None:
    for each in (template, full_template):
        assert "PrincipalTag" not in json.dumps(each)
        assert "sts:TagSession" not in json.dumps(each)
        assert "GATE_WITHOUT_VPC" not in json.dumps(properties(each, "AWS::Lambda::Function"))


@pytest.mark.parametrize("network", ["1.0.0.0/8", "2001:db8:1111:2222:3333:4444:5555:6666/128"])
def test_all_networks_that_the_settings_accept_fit_into_a_session_policy(network: str) -> None:
    number = (MAX_PINNED_LENGTH + 1) // (len(network) + 1)
    networks = [network] * number
    assert len(",".join(networks)) <= MAX_PINNED_LENGTH < len(",".join([*networks, network]))
    notebook = Notebook("n" * 63)
    arns = NotebookInstance().arns(notebook, "arn:aws-us-gov:sagemaker:ap-southeast-1:123456789012:")
    grant = Grant("user:a", notebook, 1800, power="start-stop", until=MAX_EPOCH_SECONDS)
    policy = session_policy(NotebookInstance(), arns, grant, AllowedSources(networks), window_end=MAX_EPOCH_SECONDS)
    assert len(policy) <= MAX_POLICY_LENGTH


def test_more_networks_are_an_error() -> None:
    networks = [f"203.0.{number}.0/24" for number in range(1, 140, 2)]
    settings = {"networks": networks, "pin": "networks"}
    Settings.parse(settings)
    with pytest.raises(SettingsError, match="session policies list all networks, for which these are too long"):
        Settings.parse({**settings, "vpc": {"none": True}})


def test_names_in_studio_that_are_too_long_are_known_at_synth() -> None:
    studio = {"studio": {"domains": ["d-0123456789ab"]}}
    assert longest_studio_names(Settings.parse({**MINIMAL, **studio, "vpc": {"none": True}})) == 63
    many = {"networks": [f"203.0.{number}.0/24" for number in range(1, 100, 2)], "pin": "networks"}
    assert longest_studio_names(Settings.parse({**many, **studio})) == 63
    assert longest_studio_names(Settings.parse({**many, **studio, "vpc": {"none": True}})) < 63


@pytest.mark.parametrize(
    ("vpc", "others", "problem"),
    [
        *(
            ({name: value}, {}, f"vpc.{name} = {value!r} has no effect without a VPC, but vpc.none is true")
            for name, value in {
                **{name: value for name, value in EXISTING_VPC.items() if name != "egress"},
                "egress": ["192.0.2.10/32"],
                "nat_gateways": 2,
                "no_egress": True,
                "subnet_cidrs": ["10.0.1.0/24"],
                "proxy": "http://proxy:3128",
                "no_proxy": [".example.com"],
            }.items()
        ),
        ({"accept_none": True}, {}, "vpc.accept_none = True has no effect with vpc.none = true"),
        ({}, {"vpc_endpoints": [ENDPOINT]}, "vpc has none = true, which cannot open notebooks through VPC endpoints"),
        (
            {},
            {"vpc_endpoints": [ENDPOINT], "private_endpoints": [OTHER_ENDPOINT]},
            "vpc has none = true, which cannot serve a private API",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(
    vpc: dict[str, Any], others: dict[str, Any], problem: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**MINIMAL, **others, "vpc": {"none": True, **vpc}}, source="gate.toml")
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"gate.toml: {problem}")
    assert any(mend in line for mend in ("remove one of the two", "or remove vpc.none", "remove this setting"))
