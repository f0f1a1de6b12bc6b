"""`gate grants unused` at a running deployment, which logs the uses itself."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cli.grants.unused import Period
from cli.insights import LogGroup
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from local.template import ACCOUNT
from testing.user import TestUser
from tests.cli.conftest import CommandResult, Gate, PutRow, Use

pytestmark = pytest.mark.usefixtures("no_grants")

DAY = 86_400
ALICE, GROUP, NOTEBOOK = "user:alice@example.com", "group:interns", "alice-notebook"


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample, LocalOptions(settings={"requests": {"approvers": sample.approvers}})) as deployment:
        yield deployment


def _unused(gate: Gate, *words: str, days: int = 90) -> list[tuple[str, str]]:
    result = gate("grants", "unused", "--days", str(days), "--json", *words)
    assert result.code == (3 if result.json["unused"] else 0), result.err
    return [(each["principal"], each["notebook"]) for each in result.json["unused"]]


def _notes(result: CommandResult) -> str:
    return " ".join(result.json["notes"])


def test_what_the_function_logs_is_a_use(deployment: LocalDeployment, gate: Gate, put: PutRow) -> None:
    put(ALICE, NOTEBOOK)
    put(GROUP, NOTEBOOK)
    assert _unused(gate) == [(GROUP, NOTEBOOK), (ALICE, NOTEBOOK)]
    assert TestUser(deployment).open(f"/open/{NOTEBOOK}", "alice@example.com").status_code == 302
    assert _unused(gate) == [(GROUP, NOTEBOOK)]


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ({}, True),
        ({"action": "start"}, True),
        ({"action": "stop"}, True),
        ({"action": "state"}, False),
        ({"action": "list"}, False),
        ({"outcome": "not_running"}, False),
        ({"message": "something else"}, False),
        ({"age": 89}, True),
        ({"age": 91}, False),
    ],
)
def test_what_counts_as_a_use(gate: Gate, put: PutRow, use: Use, line: dict[str, Any], counts: bool) -> None:
    put(ALICE, NOTEBOOK)
    use(f"{ALICE} {NOTEBOOK}", **line)
    assert _unused(gate) == ([] if counts else [(ALICE, NOTEBOOK)])


def test_a_use_counts_for_each_grant_that_led_to_it_and_no_other(gate: Gate, put: PutRow, use: Use) -> None:
    for principal in (ALICE, GROUP, "group:data science", "user:bob@example.com"):
        put(principal, NOTEBOOK)
        put(principal, "other-notebook")
    use(f"{ALICE} {NOTEBOOK}", f"group:data science {NOTEBOOK}", subject="user:bob@example.com")
    unused = _unused(gate, "--notebook", NOTEBOOK)
    assert unused == [(GROUP, NOTEBOOK), ("user:bob@example.com", NOTEBOOK)]
    assert len(_unused(gate)) == 6


def test_spellings_of_a_notebook_are_one_grant(gate: Gate, put: PutRow, use: Use) -> None:
    put(ALICE, "Alice-Notebook")
    put(ALICE, f"{ACCOUNT}/eu-west-1/alice-notebook")
    put(GROUP, "studio:d-abc/{user}")
    use(f"{ALICE} alice-notebook")
    use("group:interns studio:d-abc/{user}", notebook="studio:d-abc/alice")
    assert _unused(gate) == []


@pytest.mark.parametrize(
    ("principal", "notebook", "subject", "may_apply"),
    [
        (ALICE, NOTEBOOK, ALICE, True),
        (ALICE, "Alice-Notebook", ALICE, True),
        (ALICE, NOTEBOOK, "user:bob@example.com", False),
        (ALICE, "other-notebook", ALICE, False),
        (GROUP, NOTEBOOK, ALICE, True),
        (GROUP, "{user}-notebook", ALICE, True),
        (GROUP, "studio:d-abc/{user}", ALICE, False),
        ("slack:T0LOCAL/U0ALICE", NOTEBOOK, ALICE, True),
        ("slack:T0LOCAL/U0ALICE", NOTEBOOK, "slack:T0LOCAL/U0BOB", False),
        (ALICE, NOTEBOOK, "slack:T0LOCAL/U0ALICE", False),
    ],
)
def test_a_line_of_an_earlier_version_counts_for_all_that_may_have_led_to_it(
    gate: Gate, put: PutRow, use: Use, principal: str, notebook: str, subject: str, may_apply: bool
) -> None:
    put(principal, notebook)
    use(subject=subject)
    result = gate("grants", "unused", "--days", "90", "--json")
    assert ([each["principal"] for each in result.json["unused"]] == []) is may_apply
    assert "Such a use counts for each grant that may have led to it" in _notes(result)


def test_the_output_for_people(gate: Gate, put: PutRow, use: Use) -> None:
    put(GROUP, "studio:d-abc/{user}")
    put(ALICE, NOTEBOOK)
    use(f"{ALICE} {NOTEBOOK}")
    result = gate("grants", "unused", "--days", "30")
    assert result.code == 3
    assert re.search(
        r"^group:interns +studio:d-abc/\{user\} +unknown +gate --local grants take group:interns '",
        result.out,
        re.MULTILINE,
    )
    assert re.search(r"^1 of 2 grants were not used from \d{4}-\d\d-\d\d \d\d:\d\d UTC to ", result.out, re.MULTILINE)
    assert "The table does not tell when operators gave a grant" in result.out
    assert gate("grants", "take", "group:interns", "studio:d-abc/{user}").code == 0
    assert gate("grants", "unused", "--days", "30").out.startswith("0 of 1 grants were not used")


def test_rows_that_grant_nothing_are_left_out(gate: Gate, put: PutRow) -> None:
    put(ALICE, NOTEBOOK, until={"N": str(int(time.time()) - 1)})
    put(ALICE, "b", session={"N": "-1"})
    put("alice", "c")
    result = gate("grants", "unused", "--days", "90", "--json")
    assert (result.code, result.json["unused"], result.json["grants"]) == (0, [], 0)
    assert "Rows that grant nothing are left out: 2." in _notes(result)


def test_a_requested_grant_shows_when_it_was_allowed(
    deployment: LocalDeployment, gate: Gate, put: PutRow, use: Use
) -> None:
    now = int(time.time())
    request_id = f"{'a' * 20}-{'b' * 20}-{'c' * 8}"
    put("user:carol@example.com", NOTEBOOK, request_id={"S": request_id}, until={"N": str(now + DAY)})
    reference = {
        "requester": {"S": "user:carol@example.com"},
        "asked_for": {"S": NOTEBOOK},
        "slack_user": {"S": ""},
        "reason": {"S": "why"},
        "decided_at": {"N": str(now - 10 * DAY)},
        "until": {"N": str(now + DAY)},
    }
    put("request:allowed", f"{now + DAY:010d}-{request_id}", **reference)
    result = gate("grants", "unused", "--days", "90", "--json")
    assert [each["given_at"] for each in result.json["unused"]] == [now - 10 * DAY]
    assert [each["take"] for each in result.json["unused"]] == [f"gate --local requests end {request_id}"]
    assert "Some grants were given after the first of these days" in _notes(result)
    assert "does not tell when operators gave" not in _notes(result)
    assert "given after" not in _notes(gate("grants", "unused", "--days", "9", "--json"))


@pytest.mark.parametrize(
    ("group", "days", "first", "shortened"),
    [
        (LogGroup("g", 0, None), 90, 910, ""),
        (LogGroup("g", 0, 365), 90, 910, ""),
        (LogGroup("g", 0, 30), 90, 970, "The log is kept for 30 days"),
        (LogGroup("g", 980 * DAY, 30), 90, 980, "The log begins at"),
        (LogGroup("g", 980 * DAY, None), 90, 980, "The log begins at"),
        (LogGroup("g", 980 * DAY, 30), 5, 995, ""),
    ],
)
def test_the_time_that_the_log_has(group: LogGroup, days: int, first: int, shortened: str) -> None:
    period = Period.of(group, days, 1_000 * DAY)
    assert (period.first, period.last) == (first * DAY, 1_000 * DAY)
    assert period.shortened.startswith(shortened)
    assert bool(period.shortened) is bool(shortened)


def test_a_log_that_is_kept_for_fewer_days_is_told(
    deployment: LocalDeployment, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = deployment.logs.groups[deployment.template.function.log_group]
    monkeypatch.setattr(group, "days", 30)
    result = gate("grants", "unused", "--days", "90", "--json")
    assert "The log is kept for 30 days, so only these were looked at." in _notes(result)
    assert abs(result.json["to"] - result.json["from"] - 30 * DAY) < 5


def test_a_missing_log_group_is_an_error(
    deployment: LocalDeployment, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployment.logs, "groups", {})
    result = gate("grants", "unused", "--days", "90")
    assert (result.code, result.out) == (1, "")
    assert "There is no log group" in result.err


@pytest.mark.parametrize("days", ["0", "-1", "3654", "x"])
def test_days_must_be_a_number_that_logs_can_have(gate: Gate, days: str) -> None:
    assert gate("grants", "unused", "--days", days).code == 2
