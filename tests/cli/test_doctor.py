"""`gate doctor`: well where all is well, and each thing that is not is told with its mend."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.aws import AwsAccess
from cli.deployed import Deployed
from cli.doctor import live_checks
from cli.doctor.deployment_checks import DeploymentChecks
from cli.doctor.notebook_browser import NotebookBrowser
from cli.revoke.denies import deny
from cli.revoke.deny_rows import DenyRows
from cli.revoke.launch_role import LaunchRolePolicies
from cli.revoke.revocations import DENY_LIFETIME, Revocation, policy_document
from gate.errors.upstream import IdentityProviderDownError
from gate.identity.issuer_api import IssuerApi, IssuerResponse
from gate.identity.provider import Provider
from local.aws.authority import Authority
from local.aws.calls import Call
from local.aws.control import Control
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from tests.cli.conftest import Gate

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def deployment(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    patient = sample.model_copy(update={"urls_per_second": 10})
    with LocalDeployment(patient, LocalOptions(folder=tmp_path_factory.mktemp("notebooks"))) as deployment:
        yield deployment


def _checks(gate: Gate, *words: str) -> dict[str, dict[str, str]]:
    said = gate("doctor", "--json", *words)
    found = {check["name"]: check for check in said.json["checks"]}
    assert said.code == (3 if said.json["worst"] == "error" else 0)
    return found


def test_a_deployment_that_is_well(gate: Gate) -> None:
    said = gate("doctor")
    assert said.code == 0
    names = [line.split(":")[0] for line in said.out.splitlines() if not line.startswith("  →")]
    assert names == [
        "✓ stack", "✓ launch role", "✓ egress", "✓ identity provider", "✓ secrets", "✓ secrets", "! secrets",
        "✓ clock", "✓ grants", "✓ API", "✓ revocations",
    ]  # fmt: skip


def test_a_launch_role_that_was_changed_by_hand(gate: Gate, deployment: LocalDeployment) -> None:
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    good = iam.get_role_policy(RoleName=role, PolicyName="launch")["PolicyDocument"]
    bad = json.loads(json.dumps(good).replace("127.0.0.1/32", "192.0.2.0/24"))
    iam.put_role_policy(RoleName=role, PolicyName="launch", PolicyDocument=json.dumps(bad))
    try:
        said = gate("doctor")
        assert said.code == 3
        assert "does not allow 127.0.0.1/32" in said.out
        assert "allows 192.0.2.0/24, which is not in the settings" in said.out
        iam.delete_role_policy(RoleName=role, PolicyName="launch")
        assert _checks(gate)["launch role"]["text"] == "the launch role's policy is missing"
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="launch", PolicyDocument=json.dumps(good))


def _answers(monkeypatch: pytest.MonkeyPatch, operation: str, **changes: Any) -> None:
    real = Control.answer

    def answer(self: Control, call: Any) -> Any:
        answered = real(self, call)
        return {**(answered or {}), **changes} if call.operation == operation else answered

    monkeypatch.setattr(Control, "answer", answer)


def test_an_egress_that_the_launch_role_does_not_know(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = {"state": "available", "natGatewayAddressSet": [{"publicIp": "198.51.100.200"}]}
    _answers(monkeypatch, "DescribeNatGateways", natGatewaySet=[gateway])
    assert _checks(gate)["egress"]["text"].startswith(
        "the launch role denies 198.51.100.200, the address of a NAT gateway"
    )
    _answers(monkeypatch, "DescribeNatGateways", natGatewaySet=[])
    assert _checks(gate)["egress"]["level"] == "warning"


def test_a_function_that_does_not_start(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, "GetFunctionConfiguration", State="Failed")
    assert _checks(gate)["stack"]["text"] == "the function is Failed"


def test_settings_that_are_not_deployed(gate: Gate, tmp_path: Path, deployment: LocalDeployment) -> None:
    session = boto3.Session(
        aws_access_key_id=deployment.authority.operator_key, aws_secret_access_key="local", region_name="eu-west-1"
    )
    deployed = Deployed.find(AwsAccess(session, deployment.aws.url), "local")

    def told(text: str) -> list[str]:
        file = tmp_path / "gate.toml"
        file.write_text(text)
        return [
            f"{check.level} {check.text}"
            for check in DeploymentChecks(deployed, settings_file=file).run()
            if check.name == "settings"
        ]

    same = json.dumps(deployed.settings.model_dump(mode="json"))
    toml = _toml(json.loads(same))
    assert told(toml) == [f"ok the deployed settings are those of {tmp_path / 'gate.toml'}"]
    (differs,) = told(toml.replace('pin = "caller"', 'pin = "networks"'))
    assert differs.startswith('error pin is "caller"; ')
    assert told("nonsense = 1")[0].startswith("warning gate.toml: ")


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
    assert _checks(gate)["identity provider"]["level"] == "error"
    monkeypatch.setattr(Provider, "check", lambda self: ["plain"])
    assert "does not support PKCE with S256" in _checks(gate)["identity provider"]["text"]


@pytest.mark.parametrize(
    ("named", "fix"),
    [
        ("{issuer}/", 'write identity.issuer = "{issuer}/", with exactly this spelling'),
        ("https://login.microsoftonline.com/{{tenantid}}/v2.0", "https://login.microsoftonline.com/TENANT-ID/v2.0"),
        ("https://another.example/\x1b[2J\n", '"https://another.example/\\u001b[2J\\n"'),
    ],
)
def test_an_issuer_that_names_itself_otherwise(
    gate: Gate, deployment: LocalDeployment, named: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = deployment.issuer
    named = named.format(issuer=issuer)
    monkeypatch.setattr(IssuerApi, "get", lambda *_: IssuerResponse(200, {"issuer": named}))
    told = _checks(gate)["identity provider"]
    assert (told["level"], told["text"]) == (
        "error",
        f'identity.issuer is "{issuer}", but the provider there names itself {json.dumps(named)}',
    )
    assert fix.format(issuer=issuer) in told["fix"]
    assert "\x1b" not in told["text"] + told["fix"]


def test_a_secret_that_is_being_deleted_and_one_that_is_old(gate: Gate, deployment: LocalDeployment) -> None:
    arn = deployment.template.environment["GATE_SESSION_SECRET_ARN"]
    secrets = deployment.operator("secretsmanager")
    secrets.delete_secret(SecretId=arn)
    try:
        assert "is scheduled for deletion: restore it" in _checks(gate)["secrets"]["text"]
    finally:
        secrets.restore_secret(SecretId=arn)


def test_a_clock_that_is_off(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    monkeypatch.setattr(
        "cli.doctor.deployment_checks.DeploymentChecks.__init__.__kwdefaults__", {"clock": lambda: real() + 900}
    )
    assert re.search(r"\+90\d s off AWS's", _checks(gate)["clock"]["text"])


def test_a_stack_that_is_not_there_or_is_no_gate(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    said = gate("--stack", "other", "doctor")
    assert (said.code, "There is no stack other in eu-west-1" in said.err) == (1, True)
    _answers(
        monkeypatch, "DescribeStacks", Stacks=[{"StackName": "local", "StackStatus": "UPDATE_COMPLETE", "Outputs": []}]
    )
    assert "it is not a Notebook Gate" in gate("grants", "list").err
    _answers(monkeypatch, "GetTemplateSummary", Metadata="{}")
    assert "deploy it again" in gate("explain", "a@example.com", "n", "--from", "127.0.0.1").err


def test_whose_role_may_not_is_told_what_is_missing(
    gate: Gate, deployment: LocalDeployment, tmp_path: Path, monkeypatch: Any
) -> None:
    weak = {
        "endpoint_url": deployment.aws.url,
        "region": "eu-west-1",
        "access_key_id": "AKIANOBODY",
        "secret_access_key": "x",
    }
    (tmp_path / "weak.json").write_text(json.dumps(weak))
    monkeypatch.setattr("cli.aws.LOCAL_ACCESS_FILE", tmp_path / "weak.json")
    said = gate("grants", "list")
    assert (said.code, "AWS denies DescribeStacks" in said.err) == (1, True)


def test_nothing_runs_here(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.aws.LOCAL_ACCESS_FILE", tmp_path / "none.json")
    assert "start `make run`" in gate("grants", "list").err


def test_what_can_only_be_believed_is_tried(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.instances.set_state("bob-notebook", "Stopped")
    before = gate("grants", "export").out
    checks = _checks(gate, "--live", "--notebook", "alice-notebook", "--stopped", "bob-notebook")
    tried = {name: check["text"] for name, check in checks.items() if check["level"] == "ok"}
    assert tried["unknown notebook"] == tried["stopped notebook"] == "AWS answers ValidationException"
    assert tried["view=lab"] == "&view=lab leads to /lab"
    assert tried["policies on every request"].startswith("a deny cuts off an open notebook within")
    assert "ThrottlingException" in tried["throttling"] or "without throttling" in tried["throttling"]
    # Nothing is left behind.
    assert gate("grants", "export").out == before
    assert checks["revocations"]["text"] == "0 denies of gate revoke are in effect"
    assert gate("doctor").code == 0


def test_a_deny_that_does_not_cut_would_be_seen(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_checks, "DENY_TIMEOUT", 4)
    monkeypatch.setattr("local.aws.authority.Authority._added", lambda *_: [])
    cut = _checks(gate, "--live", "--notebook", "alice-notebook")["policies on every request"]
    assert (cut["level"], cut["text"]) == ("error", "a deny has not cut off an open notebook after 4 s")


READS = re.compile(r"(Describe|Get|List|Query|Scan|Simulate)[A-Z]?\w*")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every call to AWS, the function's own included."""
    found: list[Call] = []
    real = Authority.check

    def check(self: Authority, call: Call) -> None:
        found.append(call)
        real(self, call)

    monkeypatch.setattr(Authority, "check", check)
    return found


def _policies(deployment: LocalDeployment) -> dict[str, Any]:
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}


def test_a_doctor_writes_nothing(gate: Gate, deployment: LocalDeployment, calls: list[Call]) -> None:
    # Not even where there is something to tidy up.
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    over = policy_document([Revocation(("old@example.com",), int(time.time()) - DENY_LIFETIME - 5)])
    iam.put_role_policy(RoleName=role, PolicyName="notebook-gate-revoked", PolicyDocument=over)
    calls.clear()
    assert gate("doctor").code == 0
    operations = {call.operation for call in calls}
    _forget(deployment)
    assert {"GetRolePolicy", "Query", "GetFunctionConfiguration"} <= operations
    assert [each for each in sorted(operations) if not READS.fullmatch(each)] == []


def test_a_revoke_while_live_is_under_way_stands(
    gate: Gate, deployment: LocalDeployment, calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = NotebookBrowser.visit
    aws = AwsAccess(boto3.Session(**_operator(deployment)), deployment.aws.url)

    def visit(self: NotebookBrowser, url: str) -> tuple[int, str]:
        if "notebook-gate-doctor" in _policies(deployment) and "notebook-gate-revoked" not in _policies(deployment):
            deployed = Deployed.find(aws, "local")
            rows = DenyRows(aws.client("dynamodb"), deployed.table)
            deny(LaunchRolePolicies(aws.client("iam"), deployed.launch_role), rows, ["eve"], now=int(time.time()))
        return real(self, url)

    monkeypatch.setattr(NotebookBrowser, "visit", visit)
    _checks(gate, "--live", "--notebook", "alice-notebook")
    try:
        assert "eve" in json.dumps(_policies(deployment)["notebook-gate-revoked"])
        assert _policies(deployment).keys() == {"launch", "notebook-gate-revoked"}
        # Written once, by the revoke alone.
        written = [call.parameters["PolicyName"] for call in calls if call.operation == "PutRolePolicy"]
        assert sorted(written) == ["notebook-gate-doctor", "notebook-gate-revoked"]
    finally:
        _forget(deployment)


def test_live_leaves_no_deny_whatever_happens(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = NotebookBrowser.visit

    def visit(self: NotebookBrowser, url: str) -> tuple[int, str]:
        if "notebook-gate-doctor" in _policies(deployment):
            raise KeyboardInterrupt
        return real(self, url)

    monkeypatch.setattr(NotebookBrowser, "visit", visit)
    assert gate("doctor", "--live", "--notebook", "alice-notebook").code == 130  # as a shell tells an interrupt
    assert _policies(deployment).keys() == {"launch"}


def test_a_deny_that_was_erased_or_left_behind_is_seen(gate: Gate, deployment: LocalDeployment) -> None:
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    gate("revoke", "slack:T0LOCAL/U0DANA")
    iam.delete_role_policy(RoleName=role, PolicyName="notebook-gate-revoked")
    left = policy_document([Revocation(("operator",), 1_800_000_000)])
    iam.put_role_policy(RoleName=role, PolicyName="notebook-gate-doctor", PolicyDocument=left)
    try:
        said = gate("doctor")
        assert said.code == 3
        assert "was revoked, but the launch role does not deny their sessions" in said.out
        assert "! revocations: an interrupted gate doctor --live has left its deny on the launch role" in said.out
        gate("revoke", "alice@example.com")
        assert "U0DANA" in json.dumps(_policies(deployment)["notebook-gate-revoked"])
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="notebook-gate-doctor")
        _forget(deployment)
        gate("grants", "give", "alice@example.com", "alice-notebook", "--power", "start-stop")


def _operator(deployment: LocalDeployment) -> dict[str, str]:
    key = deployment.authority.operator_key
    return {"aws_access_key_id": key, "aws_secret_access_key": "local", "region_name": "eu-west-1"}


def _forget(deployment: LocalDeployment) -> None:
    """Take back what revokes have written."""
    iam, dynamodb = deployment.operator("iam"), deployment.operator("dynamodb")
    iam.delete_role_policy(
        RoleName=deployment.template.launch_role.arn.rpartition("/")[2], PolicyName="notebook-gate-revoked"
    )
    table = deployment.template.table["TableName"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        if item["principal"]["S"].startswith(("revoked:", "cutoff:")):
            key = {name: item[name] for name in ("principal", "notebook")}
            dynamodb.delete_item(TableName=table, Key=key)


def test_live_needs_a_notebook(gate: Gate) -> None:
    assert "add --notebook NAME" in gate("doctor", "--live").err
