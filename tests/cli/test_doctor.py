"""`gate doctor` reports each problem of a deployment, with its fix, and writes nothing."""

import json
import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from cli.aws import AwsAccess
from cli.deployed import Deployed
from cli.doctor.deployment_checks import check_deployment
from cli.doctor.stack_checks import check_names
from gate.identity.issuer_api import IssuerApi, IssuerResponse
from gate.identity.provider import Provider
from gate.launch.denies.launch_role import REVOKED_POLICY
from gate.values.errors.upstream import IdentityProviderDownError
from gate.values.revocation import DENY_LIFETIME, Revocation, policy_document
from infra.revocations import NOTHING_REVOKED
from infra.settings import Settings
from local.deployment import LocalDeployment
from tests.cli.conftest import Gate
from tests.cli.doctor_checks import change_response, checks_by_name
from tests.cli.launch_role import inline_policies, remove_revocations
from tests.infra.examples import MINIMAL

ROOT = Path(__file__).parents[2]


def test_a_healthy_deployment(gate: Gate) -> None:
    result = gate("doctor")
    assert result.code == 0
    names = [line.split(":")[0] for line in result.out.splitlines() if not line.startswith("  →")]
    assert names == [
        "✓ stack", "✓ release", "✓ versions", "✓ launch role", "✓ egress", "✓ SageMaker endpoint",
        "✓ identity provider", "✓ secrets", "✓ secrets", "! secrets", "✓ clock", "✓ concurrency", "✓ table",
        "✓ grants", "✓ notebooks", "✓ API", "✓ API logs", "✓ revocations",
    ]  # fmt: skip


def test_a_launch_role_that_was_changed_by_hand(gate: Gate, deployment: LocalDeployment) -> None:
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    good = iam.get_role_policy(RoleName=role, PolicyName="launch")["PolicyDocument"]
    bad = json.loads(json.dumps(good).replace("127.0.0.1/32", "192.0.2.0/24"))
    iam.put_role_policy(RoleName=role, PolicyName="launch", PolicyDocument=json.dumps(bad))
    try:
        result = gate("doctor")
        assert result.code == 3
        assert "does not allow 127.0.0.1/32" in result.out
        assert "allows 192.0.2.0/24, which is not in the settings" in result.out
        iam.delete_role_policy(RoleName=role, PolicyName="launch")
        assert checks_by_name(gate)["launch role"]["text"] == "the launch role's policy is missing"
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="launch", PolicyDocument=json.dumps(good))


def test_an_egress_address_that_the_launch_role_denies(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = {"State": "available", "NatGatewayAddresses": [{"PublicIp": "198.51.100.200"}]}
    change_response(deployment, monkeypatch, "DescribeNatGateways", NatGateways=[gateway])
    assert checks_by_name(gate)["egress"]["text"].startswith(
        "the launch role denies 198.51.100.200, the address of a NAT gateway"
    )
    change_response(deployment, monkeypatch, "DescribeNatGateways", NatGateways=[])
    assert checks_by_name(gate)["egress"]["level"] == "warning"


def test_a_function_that_does_not_start(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_response(deployment, monkeypatch, "GetFunctionConfiguration", State="Failed")
    assert checks_by_name(gate)["stack"]["text"] == "the function is Failed"


def test_settings_that_are_not_deployed(gate: Gate, tmp_path: Path, deployment: LocalDeployment) -> None:
    session = boto3.Session(
        aws_access_key_id=deployment.authority.operator_key, aws_secret_access_key="local", region_name="eu-west-1"
    )
    deployed = Deployed.find(AwsAccess(session, deployment.aws.url), "local")

    def message(text: str) -> list[str]:
        file = tmp_path / "gate.toml"
        file.write_text(text)
        return [
            f"{check.level} {check.text}"
            for check in check_deployment(deployed, settings_file=file)
            if check.name == "settings"
        ]

    same = json.dumps(deployed.settings.model_dump(mode="json"))
    toml = _toml(json.loads(same))
    assert message(toml) == [f"ok the deployed settings are those of {tmp_path / 'gate.toml'}"]
    (differs,) = message(toml.replace('pin = "caller"', 'pin = "networks"'))
    assert differs.startswith('error pin is "caller"; ')
    assert message("nonsense = 1")[0].startswith("warning gate.toml: ")


@pytest.mark.parametrize(
    ("slack", "levels"),
    [
        ({"teams": ["T0123ABCDEF"], "email_domains": ["example.com"]}, ["ok"]),
        ({"teams": ["T0123ABCDEF"]}, ["warning"]),
        ({"teams": ["T0123ABCDEF", "T0OTHER"]}, ["warning", "warning"]),
    ],
)
def test_names_that_cannot_be_compared(slack: dict[str, Any], levels: list[str]) -> None:
    settings = Settings.parse({**MINIMAL, "slack": slack, "requests": {"approvers": {"group:leads": ["*"]}}})
    deployed: Any = SimpleNamespace(settings=settings)
    assert [outcome.level for outcome in check_names(deployed)] == levels


def _toml(data: dict[str, Any]) -> str:
    lines = [f"{name} = {json.dumps(value)}" for name, value in data.items() if not isinstance(value, dict)]
    for name, value in data.items():
        if isinstance(value, dict):
            lines.append(f"[{name}]")
            lines += [f"{inner} = {'{}' if each == {} else json.dumps(each)}" for inner, each in value.items()]
    return "\n".join(lines)


def test_an_identity_provider_that_is_down(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(self: Provider) -> list[str]:
        raise IdentityProviderDownError

    monkeypatch.setattr(Provider, "check", down)
    assert checks_by_name(gate)["identity provider"]["level"] == "error"
    monkeypatch.setattr(Provider, "check", lambda self: ["plain"])
    assert "does not support PKCE with S256" in checks_by_name(gate)["identity provider"]["text"]


@pytest.mark.parametrize(
    ("named", "fix"),
    [
        ("{issuer}/", 'write identity.issuer = "{issuer}/", with exactly this spelling'),
        ("https://login.microsoftonline.com/{{tenantid}}/v2.0", "https://login.microsoftonline.com/TENANT-ID/v2.0"),
        ("https://another.example/\x1b[2J\n", '"https://another.example/\\u001b[2J\\n"'),
    ],
)
def test_an_issuer_that_names_itself_differently(
    gate: Gate, deployment: LocalDeployment, named: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = deployment.issuer
    named = named.format(issuer=issuer)
    monkeypatch.setattr(IssuerApi, "get", lambda *_: IssuerResponse(200, {"issuer": named}))
    message = checks_by_name(gate)["identity provider"]
    assert (message["level"], message["text"]) == (
        "error",
        f'identity.issuer is "{issuer}", but the provider there names itself {json.dumps(named)}',
    )
    assert fix.format(issuer=issuer) in message["fix"]
    assert "\x1b" not in message["text"] + message["fix"]


def test_a_secret_that_is_scheduled_for_deletion(gate: Gate, deployment: LocalDeployment) -> None:
    arn = deployment.template.environment["GATE_SESSION_SECRET_ARN"]
    secrets = deployment.operator("secretsmanager")
    secrets.delete_secret(SecretId=arn)
    try:
        assert (
            "is scheduled for deletion. Restore it: aws secretsmanager restore-secret --secret-id"
            in checks_by_name(gate)["secrets"]["text"]
        )
    finally:
        secrets.restore_secret(SecretId=arn)


def test_a_clock_that_is_off(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    monkeypatch.setattr("cli.doctor.deployment_checks.check_deployment.__kwdefaults__", {"clock": lambda: real() + 900})
    assert re.search(r"\+90\d s off AWS's", checks_by_name(gate)["clock"]["text"])


READS = re.compile(r"(Describe|Get|List|Query|Scan|Simulate)[A-Z]?\w*")


def test_doctor_writes_nothing(gate: Gate, deployment: LocalDeployment) -> None:
    # An expired deny, which only the next revoke removes.
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    over = policy_document([Revocation(("old@example.com",), int(time.time()) - DENY_LIFETIME - 5)])
    iam.put_role_policy(RoleName=role, PolicyName="notebook-gate-revocations", PolicyDocument=over)
    deployment.aws.calls.clear()
    assert gate("doctor").code == 0
    operations = {call.operation for call in deployment.aws.calls}
    remove_revocations(deployment)
    assert {"GetRolePolicy", "Query", "GetFunctionConfiguration"} <= operations
    assert [each for each in sorted(operations) if not READS.fullmatch(each)] == []


def test_doctor_reports_an_erased_deny_and_one_left_behind(gate: Gate, deployment: LocalDeployment) -> None:
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    gate("revoke", "--yes", "slack:T0LOCAL/U0DANA")
    iam.put_role_policy(RoleName=role, PolicyName=REVOKED_POLICY, PolicyDocument=json.dumps(NOTHING_REVOKED))
    left = policy_document([Revocation(("operator",), 1_800_000_000)])
    iam.put_role_policy(RoleName=role, PolicyName="notebook-gate-doctor", PolicyDocument=left)
    try:
        result = gate("doctor")
        assert result.code == 3
        assert "was ended, but the launch role does not deny their sessions" in result.out
        assert "! revocations: an interrupted gate doctor --live has left its deny on the launch role" in result.out
        gate("revoke", "--yes", "alice@example.com")
        assert "U0DANA" in json.dumps(inline_policies(deployment)["notebook-gate-revocations"])
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="notebook-gate-doctor")
        remove_revocations(deployment)
        gate("grants", "give", "alice@example.com", "alice-notebook", "--power", "start-stop")
