"""CDK tokens in settings: accepted where nothing at synth depends on the value, and only from Python."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra import environment
from infra.gate import NotebookGate
from infra.settings import Settings
from infra.settings_errors import SettingsError
from infra.synth_warnings import longest_studio_names
from tests.infra.examples import ENDPOINT, EXISTING_VPC, FULL, MINIMAL, SIGN_IN_ISSUER

TOKEN = "${Token[VpcId.123]}"
LIST_TOKEN = "#{Token[SubnetIds.7]}"


@pytest.mark.parametrize(
    "settings",
    [
        {"vpc": {**EXISTING_VPC, "id": TOKEN}},
        {"vpc": {**EXISTING_VPC, "subnet_ids": [TOKEN, "subnet-01234567"]}},
        {"vpc": {**EXISTING_VPC, "egress": [TOKEN, f"{TOKEN}/32"]}},
        {"vpc": {**EXISTING_VPC, "subnet_cidrs": [TOKEN]}, "vpc_endpoints": [TOKEN]},
        {"private_endpoints": [TOKEN], "pin": "networks"},
        {"identity": {**SIGN_IN_ISSUER, "client_secret_arn": TOKEN, "client_id": TOKEN}},
        {"alarms": {"topic_arn": TOKEN}},
        {"vpc": {"additional_egress": [TOKEN]}},
        {"keys": {"data": TOKEN}, "stack": {"grants_table": TOKEN}},
        {"requests": {"approvers": {"group:a": ["*"]}, "topic_arn": TOKEN}},
        {"domain": {**FULL["domain"], "certificate_arn": TOKEN, "hosted_zone_id": TOKEN}},
        {"stack": {"permissions_boundary": TOKEN, "tags": {"team": TOKEN}}},
    ],
)
def test_a_token_is_accepted_where_only_the_deployment_needs_the_value(settings: dict[str, Any]) -> None:
    Settings.parse({**MINIMAL, **settings})


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"networks": [TOKEN]}, "networks[0] = "),
        ({"slack": {"teams": [TOKEN]}}, "slack.teams[0] = "),
        ({"remote": {"locations": [TOKEN], "external_id": "gate"}}, "remote.locations[0] = "),
        ({"domain": {**FULL["domain"], "name": TOKEN}}, "domain.name = "),
        ({"vpc": {**EXISTING_VPC, "id": "${Token}"}}, "vpc.id = '${Token}' is not a VPC id"),
        ({"vpc": {**EXISTING_VPC, "egress": ["office"]}}, "vpc.egress[0] = 'office' is not an address"),
        ({"vpc": {**EXISTING_VPC, "subnet_cidrs": ["10.0.0.0/8"]}, "vpc_endpoints": [ENDPOINT]}, "is too large or too"),
        (
            {"vpc": {**EXISTING_VPC, "subnet_ids": [LIST_TOKEN]}},
            "vpc.subnet_ids is a token of a whole list, whose length is not known at synth; write its entries: ",
        ),
    ],
)
def test_other_values_are_checked_as_before(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**MINIMAL, **settings})
    assert problem in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("token", [TOKEN, LIST_TOKEN])
@pytest.mark.parametrize("setting", ['[vpc]\nid = "{}"', '[vpc]\nsubnet_ids = ["{}"]', '[stack.tags]\nteam = "{}"'])
def test_a_token_in_a_settings_file_is_an_error(tmp_path: Path, setting: str, token: str) -> None:
    file = tmp_path / "gate.toml"
    file.write_text('networks = ["203.0.113.0/24"]\n' + setting.replace("{}", token))
    with pytest.raises(SettingsError, match=r"^gate\.toml: (vpc|stack)\.[a-z_.]+ has a CDK token, which only the app"):
        Settings.load(file)


def test_a_token_counts_as_the_longest_value_in_the_functions_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: dict[str, str] = {}
    monkeypatch.setattr(environment, "_size", lambda variables: counted.update(variables) or 0)
    app = cdk.App(context={"aws:cdk:bundling-stacks": []})
    other = cdk.Stack(app, "Other")
    values = [cdk.CfnParameter(other, name).value_as_string for name in ("Address", "Endpoint", "Secret")]
    address, endpoint, secret = values
    settings = {
        **MINIMAL,
        "vpc_endpoints": [endpoint],
        "vpc": {**EXISTING_VPC, "egress": [address, cdk.Fn.import_value("address")]},
        "identity": {**SIGN_IN_ISSUER, "client_secret_arn": secret},
    }
    NotebookGate(cdk.Stack(app, "Notebooks"), "Gate", settings=Settings.parse(settings))
    assert counted["GATE_EGRESS"] == ",".join(["x" * len("255.255.255.255/32")] * 2)
    assert counted["GATE_VPC_ENDPOINTS"] == "x" * len(ENDPOINT)
    assert len(counted["GATE_CLIENT_SECRET_ARN"]) > 512


def test_a_token_counts_as_the_longest_value_in_session_policies() -> None:
    """Below, each of eight addresses is as long as an address can be."""
    longest = ["2001:0db8:1111:2222:3333:4444:5555:6666"] * 8
    vpc = {**EXISTING_VPC, "egress": [TOKEN] * 8, "subnet_cidrs": [TOKEN] * 8}
    settings = {**MINIMAL, "studio": {"domains": ["d-abc123"]}, "vpc_endpoints": [TOKEN] * 8, "vpc": vpc}
    parsed = Settings.parse(settings)
    literal = parsed.model_copy(
        update={
            "vpc_endpoints": [ENDPOINT] * 8,
            "vpc": parsed.vpc.model_copy(
                update={name: [f"{each}/128" for each in longest] for name in ("egress", "subnet_cidrs")}
            ),
        }
    )
    assert longest_studio_names(parsed) == longest_studio_names(literal) < 63
