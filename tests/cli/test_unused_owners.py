"""`gate grants unused --show-owners`: what owners then read, and what an operator needs for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from gate.access_requests.unused_grants import REPORT_TTL
from local.aws.calls import Call
from local.deployment import LocalDeployment
from local.evaluator import Access, Evaluator
from local.options import LocalOptions
from local.sample import Sample
from local.template import ACCOUNT
from rehearsal.operators import PRINCIPAL, permissions, policy
from testing.environment import JSON
from testing.user import TestUser
from tests.cli.conftest import Gate, PutRow, Use

pytestmark = pytest.mark.usefixtures("no_grants")

ALICE, GROUP, NOTEBOOK = "user:alice@example.com", "group:interns", "alice-notebook"
OWNER = {"owner": {"BOOL": True}}


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample, LocalOptions(settings={"requests": {"approvers": sample.approvers}})) as deployment:
        yield deployment


def _reports(deployment: LocalDeployment) -> dict[str, dict[str, Any]]:
    rows = deployment.operator("dynamodb").query(
        TableName=deployment.template.table["TableName"],
        KeyConditionExpression="principal = :principal",
        ExpressionAttributeValues={":principal": {"S": "unused:"}},
    )["Items"]
    return {row["notebook"]["S"]: row for row in rows}


def test_the_owner_reads_what_was_found(deployment: LocalDeployment, gate: Gate, put: PutRow, use: Use) -> None:
    put("user:bob@example.com", NOTEBOOK, **OWNER)
    put(ALICE, NOTEBOOK)
    put(GROUP, NOTEBOOK)
    use(f"{ALICE} {NOTEBOOK}")
    result = gate("grants", "unused", "--days", "90", "--show-owners", "--json")
    assert (result.code, len(result.json["unused"])) == (3, 2)
    assert "The page /requests/access shows this for 1 notebooks until " in result.err
    bob = TestUser(deployment)
    bob.open("/requests/access", "bob@example.com")
    holders = bob.go("/requests/access", headers=JSON).json()["holders"]
    shown = {each["principal"]: (each["unused_since"], each["checked_at"]) for each in holders}
    found = (result.json["from"], result.json["to"])
    assert shown == {ALICE: (None, None), GROUP: found, "user:bob@example.com": found}
    assert bob.go("/requests/access").text.count("Not opened since") == 2


def test_a_report_has_an_end_and_is_no_grant(deployment: LocalDeployment, gate: Gate, put: PutRow) -> None:
    put(GROUP, NOTEBOOK)
    result = gate("grants", "unused", "--days", "90", "--show-owners", "--json")
    (row,) = _reports(deployment).values()
    assert int(row["until"]["N"]) == result.json["to"] + REPORT_TTL
    listed = gate("grants", "list", "--json").json["grants"]
    assert [each["principal"] for each in listed] == [GROUP]
    assert gate("grants", "unused", "--days", "90", "--json").json["grants"] == 1


def test_the_next_report_replaces_the_last_one(deployment: LocalDeployment, gate: Gate, put: PutRow, use: Use) -> None:
    for notebook in ("a", "b", "c"):
        put(GROUP, notebook)
    gate("grants", "unused", "--days", "90", "--show-owners")
    assert _reports(deployment).keys() == {"a", "b", "c"}
    use(f"{GROUP} a")
    use(f"{GROUP} b")
    gate("grants", "unused", "--days", "90")
    assert _reports(deployment).keys() == {"a", "b", "c"}
    gate("grants", "unused", "--days", "90", "--notebook", "b", "--show-owners")
    assert _reports(deployment).keys() == {"a", "c"}
    gate("grants", "unused", "--days", "90", "--show-owners")
    assert _reports(deployment).keys() == {"c"}
    use(f"{GROUP} c")
    result = gate("grants", "unused", "--days", "90", "--show-owners")
    assert (_reports(deployment), result.code) == ({}, 0)
    assert "shows this for 0 notebooks." in result.out


def test_more_than_a_row_can_hold_is_told(gate: Gate, put: PutRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.access_requests.unused_grants.MAX_BYTES", len(ALICE + GROUP))
    for principal in (ALICE, GROUP, "user:bob@example.com"):
        put(principal, NOTEBOOK)
    assert "It has no room for 1 of the grants." in gate("grants", "unused", "--days", "9", "--show-owners").out


def test_the_policy_for_operators_allows_each_call_and_no_part_for_it_is_unused(
    deployment: LocalDeployment, gate: Gate, put: PutRow, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(GROUP, NOTEBOOK)
    deployment.aws.calls.clear()
    gate("grants", "unused", "--days", "90", "--show-owners")
    use(f"{GROUP} {NOTEBOOK}")
    gate("grants", "unused", "--days", "90", "--show-owners")
    with monkeypatch.context() as patch:
        patch.setattr("cli.insights.Insights._completed", _interrupt)
        gate("grants", "unused", "--days", "90")
    calls = [call for call in deployment.aws.calls if call.access_key == deployment.authority.operator_key]
    # The names of the stack's resources begin with its name, in AWS but not here.
    accesses = {permission[:2] for call in calls for permission in permissions(_named(call))}
    assert {action for action, _ in accesses if action.startswith("logs:")} == {
        "logs:DescribeLogGroups",
        "logs:StartQuery",
        "logs:GetQueryResults",
        "logs:StopQuery",
    }
    document = policy("home")
    for action, resource in accesses:
        assert _allows(deployment.evaluator, document, action, resource), (action, resource)
    without = [
        {**document, "Statement": [each for each in document["Statement"] if each is not statement]}
        for statement in document["Statement"]
        if "logs:" in str(statement["Action"])
    ]
    for weaker in without:
        assert not all(_allows(deployment.evaluator, weaker, *access) for access in accesses)
    other = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:other-FunctionLogs"
    assert not _allows(deployment.evaluator, document, "logs:StartQuery", other)


def _interrupt(*_arguments: Any) -> None:
    raise KeyboardInterrupt


def _named(call: Call) -> Call:
    renamed = {
        name: f"home-{value}" if name in ("TableName", "FunctionName", "logGroupName") else value
        for name, value in call.parameters.items()
    }
    renamed |= {"StackName": "home"} if "StackName" in renamed else {}
    return Call(call.service, call.region, call.operation, renamed, call.access_key, call.source)


def _allows(evaluator: Evaluator, document: Any, action: str, resource: str) -> bool:
    return evaluator.allows(
        Access(action=action, resource=resource, account=ACCOUNT, principal=PRINCIPAL, identity_policies=[document])
    )
