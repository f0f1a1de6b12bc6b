"""`gate doctor` says which execution roles of Studio create URLs from any address, and prints what to add to them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cli.deployed import Deployed
from cli.doctor.check import Outcome
from cli.doctor.execution_role_checks import check_execution_roles
from cli.notebooks.granted import GrantedNotebook
from gate.values.notebook import Notebook
from infra.settings import Settings
from local.aws.calls import ApiError
from local.aws.studio_resources import EXECUTION_ROLE
from local.deployment import LocalDeployment
from tests.cli.conftest import Gate
from tests.cli.doctor_checks import checks_by_name
from tests.cli.operator_access import operator_access
from tests.infra.examples import MINIMAL

pytestmark = pytest.mark.usefixtures("as_new")

ALICE = "alice@example.com"
ENDPOINT = "vpce-0123456789abcdef0"
NAME, ARN = "other-studio", EXECUTION_ROLE.replace("studio", "other-studio")
OPEN = {"Effect": "Allow", "Action": "sagemaker:CreatePresignedDomainUrl", "Resource": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}


def _document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def role(deployment: LocalDeployment) -> Iterator[None]:
    """A second execution role, which allows nothing."""
    iam = deployment.operator("iam")
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=_document(TRUST))
    yield
    for name in iam.list_role_policies(RoleName=NAME)["PolicyNames"]:
        iam.delete_role_policy(RoleName=NAME, PolicyName=name)
    for policy in iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=NAME, PolicyArn=policy["PolicyArn"])
        iam.delete_policy(PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=NAME)


def _allow(deployment: LocalDeployment, *statements: Any) -> None:
    deployment.operator("iam").put_role_policy(
        RoleName=NAME, PolicyName="studio", PolicyDocument=_document(*statements)
    )


def _checks(deployment: LocalDeployment, *names: str, settings: Any = None, **variables: str) -> list[Outcome]:
    deployed = Deployed.find(operator_access(deployment), "local")
    environment = {**deployed.function["Environment"]["Variables"], **variables}
    vars(deployed)["function"] = {**deployed.function, "Environment": {"Variables": environment}}
    if settings:
        vars(deployed)["settings"] = Settings.parse({**MINIMAL, **settings})
    return list(check_execution_roles(deployed, [GrantedNotebook(Notebook.parse_granted(name)) for name in names]))


def test_the_printed_statement_mends_a_role(gate: Gate, deployment: LocalDeployment) -> None:
    gate("grants", "give", ALICE, "studio:d-local1/dave")
    gate("grants", "give", ALICE, "studio:d-local1/dave/churn-space")
    check = checks_by_name(gate)["execution roles"]
    assert check["level"] == "warning"
    assert check["text"] == (
        f"{EXECUTION_ROLE}, the execution role of studio:d-local1/dave, studio:d-local1/dave/churn-space, may create "
        "URLs from outside of the networks, which the gate does not guard"
    )
    statement = json.loads(check["fix"].removeprefix("Add this statement to a policy of the role: "))
    assert statement["Condition"] == {"NotIpAddress": {"aws:SourceIp": ["127.0.0.1/32", "203.0.113.7/32"]}}
    iam = deployment.operator("iam")
    iam.put_role_policy(RoleName="studio", PolicyName="networks", PolicyDocument=_document(statement))
    try:
        assert checks_by_name(gate)["execution roles"]["level"] == "ok"
    finally:
        iam.delete_role_policy(RoleName="studio", PolicyName="networks")


def test_without_grants_in_studio_no_role_is_read(gate: Gate) -> None:
    assert "execution roles" not in checks_by_name(gate)


@pytest.mark.parametrize(
    ("names", "change", "served"),
    [
        (("dave",), "profile", "studio:d-local1/dave"),
        (("erin", "dave/churn-space"), "profile", "studio:d-local1/dave/churn-space"),
        (("dave", "erin/editor"), "domain", "studio:d-local1/dave, studio:d-local1/erin/editor"),
        (("dave", "dave/team-space"), "spaces", "studio:d-local1/dave/team-space"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("role")
def test_each_notebook_has_the_role_of_its_applications(
    deployment: LocalDeployment,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    change: str,
    served: str,
) -> None:
    domain, profile = deployment.studio.domains["d-local1"], deployment.studio.profiles["d-local1", "dave"]
    target, field = {
        "profile": (profile, "execution_role"),
        "domain": (domain, "execution_role"),
        "spaces": (domain, "space_execution_role"),
    }[change]
    monkeypatch.setattr(target, field, ARN)
    found = [
        outcome
        for outcome in _checks(deployment, *(f"studio:d-local1/{each}" for each in names))
        if ARN in outcome.text
    ]
    assert [(outcome.level, outcome.text) for outcome in found] == [
        ("ok", f"{ARN}, the execution role of {served}, creates no URLs from outside of the networks")
    ]


NETWORKS, ENDPOINTS = {"aws:SourceIp": ["203.0.113.0/24"]}, {"aws:SourceVpce": [ENDPOINT]}
DENY = {**OPEN, "Effect": "Deny"}


def _deny_outside(*networks: str) -> dict[str, Any]:
    return {**DENY, "Condition": {"NotIpAddress": {"aws:SourceIp": networks}}}


ADDRESSES_ALONE = {**DENY, "Condition": {"NotIpAddressIfExists": NETWORKS, "Null": {"aws:SourceIp": "false"}}}
"""Lets requests through every VPC endpoint pass, since these have no `aws:SourceIp`."""
PROFILES = "arn:aws:sagemaker:eu-west-1:123456789012:user-profile/d-local1"


@pytest.mark.parametrize(
    ("statements", "level"),
    [
        ([], "ok"),
        ([OPEN], "warning"),
        ([OPEN, {**DENY, "Condition": {"NotIpAddress": NETWORKS, "StringNotEquals": ENDPOINTS}}], "ok"),
        ([OPEN, ADDRESSES_ALONE], "warning"),
        ([OPEN, _deny_outside("203.0.113.0/24", "192.0.2.0/24")], "warning"),
        ([OPEN, _deny_outside("203.0.113.0/24", "2001:db8::/32")], "warning"),
        ([{**OPEN, "Condition": {"IpAddress": NETWORKS}}], "ok"),
        ([{**OPEN, "Resource": f"{PROFILES}/erin"}], "ok"),
        ([{**OPEN, "Resource": f"{PROFILES}/dave"}], "warning"),
        ([{**OPEN, "Action": "sagemaker:*"}], "warning"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("role")
def test_a_role_is_judged_by_what_its_policies_allow(
    deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, statements: list[Any], level: str
) -> None:
    if statements:
        _allow(deployment, *statements)
    monkeypatch.setattr(deployment.studio.profiles["d-local1", "dave"], "execution_role", ARN)
    settings = {"networks": ["203.0.113.0/24"], "vpc_endpoints": [ENDPOINT], "pin": "networks"}
    (outcome,) = _checks(deployment, "studio:d-local1/dave", settings=settings)
    assert outcome.level == level, outcome
    if level == "warning":
        statement = json.loads(outcome.fix.partition(": ")[2])
        assert statement == {**DENY, "Condition": {"NotIpAddress": NETWORKS, "StringNotEquals": ENDPOINTS}}


@pytest.mark.usefixtures("role")
def test_managed_policies_count(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    iam = deployment.operator("iam")
    policy = iam.create_policy(PolicyName="opening", PolicyDocument=_document(OPEN))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=NAME, PolicyArn=policy)
    monkeypatch.setattr(deployment.studio.profiles["d-local1", "dave"], "execution_role", ARN)
    assert [outcome.level for outcome in _checks(deployment, "studio:d-local1/dave")] == ["warning"]


def test_networks_that_hold_every_address_have_no_outside(deployment: LocalDeployment) -> None:
    settings = {"networks": ["0.0.0.0/0", "::/0"], "allow_any_network": True}
    assert [outcome.level for outcome in _checks(deployment, "studio:d-local1/dave", settings=settings)] == ["ok"]


@pytest.mark.parametrize("operation", ["DescribeDomain", "DescribeUserProfile", "DescribeSpace"])
def test_roles_that_cannot_be_read_are_warnings(
    deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    _refuse(deployment, monkeypatch, operation, "AccessDeniedException")
    (outcome,) = _checks(deployment, "studio:d-local1/dave/churn-space")
    assert (outcome.level, f"AWS denies {operation}" in outcome.text) == ("warning", True)
    assert f"sagemaker:{operation}" in outcome.fix


def test_a_role_whose_policies_cannot_be_read_is_a_warning(
    deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(deployment, monkeypatch, "SimulatePrincipalPolicy", "AccessDenied")
    (outcome,) = _checks(deployment, "studio:d-local1/dave")
    assert (outcome.level, "AWS denies SimulatePrincipalPolicy" in outcome.text) == ("warning", True)
    assert "iam:SimulatePrincipalPolicy" in outcome.fix
    monkeypatch.undo()
    monkeypatch.setattr(deployment.studio.profiles["d-local1", "dave"], "execution_role", ARN)
    (outcome,) = _checks(deployment, "studio:d-local1/dave")
    assert (outcome.level, "does not exist" in outcome.text) == ("warning", True)


def _refuse(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, operation: str, code: str) -> None:
    def answer(*_: Any) -> Any:
        raise ApiError(code, "no", 403)

    monkeypatch.setitem(deployment.aws.changes, operation, answer)


@pytest.mark.usefixtures("role")
def test_a_grant_of_a_group_for_user_names_concerns_every_profile(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployment.studio.profiles["d-local1", "frank"], "execution_role", ARN)
    _allow(deployment, OPEN)
    gate("grants", "give", "group:data-science", "studio:d-local1/{user}/{user}-space")
    found = [check for check in gate("doctor", "--json").json["checks"] if check["name"] == "execution roles"]
    assert [(check["level"], check["text"].partition(",")[0]) for check in found] == [
        ("warning", ARN), ("warning", EXECUTION_ROLE),
    ]  # fmt: skip
    assert "the execution role of studio:d-local1/dave, studio:d-local1/erin, may create" in found[1]["text"]


def test_roles_of_other_accounts_are_named(deployment: LocalDeployment) -> None:
    remote = "210987654321/eu-central-1"
    variables = {"GATE_REMOTE_LOCATIONS": remote, "GATE_REMOTE_ROLE": "gate-launch", "GATE_EXTERNAL_ID": "x-42"}
    variables |= {"GATE_STUDIO_DOMAINS": f"d-local1,{remote}/d-far"}
    (outcome,) = _checks(deployment, f"{remote}/studio:d-far/alice", **variables)
    assert (outcome.level, f"{remote}/studio:d-far/alice are in other accounts" in outcome.text) == ("warning", True)


def test_what_does_not_exist_has_no_role(deployment: LocalDeployment) -> None:
    missing = ("studio:d-local1/nobody", "studio:d-local1/dave/gone", "studio:d-new/alice")
    assert _checks(deployment, *missing, GATE_STUDIO_DOMAINS="d-local1,d-gone") == []
    for name in ("studio:d-gone/alice", "studio:d-gone/{user}"):
        assert _checks(deployment, name, GATE_STUDIO_DOMAINS="d-local1,d-gone") == []
