"""`gate requests list` for auditors: at a running deployment, requests of several people and days."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gate.access_requests.access_request import AccessRequest, Approval
from gate.access_requests.keys import past_key, reference_row
from gate.access_requests.participant import EMAIL, Participant
from gate.access_requests.row import to_row
from gate.values.notebook import Notebook
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from tests.cli.conftest import Gate

DAY = 86_400
KEEP = 400 * DAY
pytestmark = pytest.mark.usefixtures("as_new")


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample, LocalOptions(settings={"requests": {"approvers": sample.approvers}})) as deployment:
        yield deployment


def _day(age: int) -> str:
    return datetime.fromtimestamp(time.time() - age * DAY, UTC).date().isoformat()


@pytest.fixture
def requests(deployment: LocalDeployment) -> dict[str, str]:
    """Write requests of a year, and return their ids: one that was replaced, two that are decided, one that is open."""
    dana = Participant(("user:dana@example.com",), EMAIL, 0)
    table = deployment.template.table["TableName"]

    def write(who: str, notebook: str, age: int, decision: str, *, past: bool = False) -> str:
        asked_at = int(time.time()) - age * DAY
        asker = Participant((f"user:{who}@example.com",), EMAIL, asked_at)
        request = AccessRequest.new(asker, Notebook(notebook), reason="why", seconds=3600, now=asked_at)
        if decision:
            approvals = (Approval(dana, 3600, asked_at),) if decision == "allowed" else ()
            request = replace(
                request, decision=decision, decided_by=dana.name, decided_at=asked_at, approvals=approvals
            )
        row = to_row(request, keep=KEEP) | (past_key(request.id) if past else {})
        for item in (row, *(() if decision or past else (reference_row(request),))):
            deployment.operator("dynamodb").put_item(TableName=table, Item=item)
        return request.id

    return {
        "past": write("carol", "churn-model", 300, "denied", past=True),
        "allowed": write("carol", "churn-model", 30, "allowed"),
        "denied": write("erin", "Prod-model", 3, "denied"),
        "replaced": write("carol", "210987654321/eu-west-1/prod-model", 0, "", past=True),
        "open": write("erin", "churn-model", 0, ""),
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["open"]),
        (["--all"], ["past", "allowed", "denied", "replaced", "open"]),
        (["--since", _day(30)], ["allowed", "denied", "replaced", "open"]),
        (["--since", _day(29)], ["denied", "replaced", "open"]),
        (["--until", _day(30)], ["past", "allowed"]),
        (["--until", _day(31)], ["past"]),
        (["--since", _day(31), "--until", _day(1)], ["allowed", "denied"]),
        (["--notebook", "prod-*"], ["denied", "replaced"]),
        (["--notebook", "210987654321/*"], ["replaced"]),
        (["--notebook", "churn-model", "--since", _day(40)], ["allowed", "open"]),
        (["--by", "user:Carol@Example.com"], ["past", "allowed", "replaced"]),
        (["--by", "carol@example.com"], ["past", "allowed", "replaced"]),
        (["--by", "iam:arn:aws:sts::123456789012:assumed-role/Admin/x"], []),
        (["--by", "rule:requests.automatic"], []),
        (["--by", "user:dana@example.com"], ["past", "allowed", "denied"]),
        (["--by", "user:nobody@example.com"], []),
    ],
)
def test_requests_are_chosen(gate: Gate, requests: dict[str, str], arguments: list[str], expected: list[str]) -> None:
    listed = gate("requests", "list", *arguments, "--json").json["requests"]
    assert [each["access_request"] for each in listed] == [requests[name] for name in expected]


def test_an_auditor_reads_who_decided_and_when(gate: Gate, requests: dict[str, str]) -> None:
    (found,) = gate("requests", "list", "--notebook", "churn-model", "--until", _day(100), "--json").json["requests"]
    assert (
        found.items()
        >= {
            "access_request": requests["past"],
            "requester": "user:carol@example.com",
            "why": "why",
            "state": "denied",
            "decided_by": "user:dana@example.com",
            "decided_at": found["asked_at"],
        }.items()
    )


def test_a_request_that_was_replaced_is_not_open(gate: Gate, requests: dict[str, str]) -> None:
    listed = gate("requests", "list", "--all", "--json").json["requests"]
    states = {each["access_request"]: each["state"] for each in listed}
    assert (states[requests["replaced"]], states[requests["open"]]) == ("ended", "open")


@pytest.mark.usefixtures("requests")
def test_no_such_requests(gate: Gate) -> None:
    assert gate("requests", "list", "--notebook", "x").out == "No such access requests.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--since", "yesterday"], "--since: 'yesterday' is not a date; write 2026-12-31"),
        (["--until", "2026-13-01"], "--until: '2026-13-01' is not a date"),
        (["--by", "carol"], "--by carol is not a principal"),
    ],
)
def test_a_wrong_option_is_named(gate: Gate, arguments: list[str], words: str) -> None:
    result = gate("requests", "list", *arguments)
    assert (result.code, words in result.err) == (1, True), result.err
