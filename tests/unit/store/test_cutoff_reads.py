"""Cutoffs are read completely: on later pages, in partial responses, malformed, and in any order of events."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.store.cutoffs import EVERYBODY, cutoff_key
from gate.store.grants import Grants
from gate.store.table import primary_key
from gate.values.caller import Caller
from gate.values.errors.caller import SignInEndedError
from gate.values.errors.notebook import NotGrantedError
from gate.values.notebook import Notebook
from gate.values.user_name import UserNames
from testing.aws import FakeAws
from testing.environment import JSON
from testing.grants_table import open_table
from testing.harness import Harness
from testing.log_lines import Lines
from testing.slack import TEAM

NOTEBOOK = "alice-notebook"
ALICE, ALIAS, BOB = "user:alice@example.com", f"slack:{TEAM}/U0ALICE", "user:bob@example.com"


def test_a_cutoff_on_a_later_page_of_the_response_applies(harness: Harness) -> None:
    for number in range(7):
        harness.aws.grant(ALICE, f"n{number}")
    harness.sign_in()
    assert harness.browser.get("/", headers=JSON).status == 200
    harness.aws.cutoff(ALICE, int(harness.clock.now) + 1)
    harness.aws.calls.clear()
    assert harness.browser.get("/", headers=JSON).status == 401
    assert len(harness.aws.called("execute_statement")) > 1


def test_the_cutoff_of_a_caller_with_many_groups_is_read(harness: Harness) -> None:
    harness.sign_in(groups=[f"team-{number:03}" for number in range(150)])
    harness.aws.cutoff(EVERYBODY, int(harness.clock.now) + 1)
    assert harness.browser.get(f"/open/{NOTEBOOK}").status == 401


def test_a_malformed_cutoff_ends_everything(harness: Harness, lines: Lines) -> None:
    """An operator wrote it by hand. It is unknown what it was meant to end."""
    harness.sign_in()
    for before in ({}, {"before": {"S": "2026-11-25"}}, {"before": {"BOOL": True}}):
        harness.aws.table.put({**cutoff_key(ALICE), **before})
        assert harness.browser.get(f"/open/{NOTEBOOK}", headers=JSON).status == 401
    found = [text for text in lines.texts if "malformed cutoff" in text]
    assert [f"cutoff:{ALICE}" in text for text in found] == [True] * 3


ROW = primary_key(ALICE, NOTEBOOK)


@pytest.mark.parametrize(
    ("response", "status", "reason"),
    [
        ({}, 502, "aws_error"),
        ({"UnprocessedKeys": {}}, 502, "aws_error"),
        ({"Responses": {}}, 502, "aws_error"),
        ({"Responses": {"another": []}}, 502, "aws_error"),
        # DynamoDB read the grant, but not the cutoff.
        ({"Responses": {"grants": [ROW]}, "UnprocessedKeys": {"grants": {"Keys": [ROW]}}}, 503, "throttled"),
        ({"Responses": {}, "UnprocessedKeys": {"grants": {"Keys": [ROW]}}}, 503, "throttled"),
        ({"Responses": {"grants": []}, "UnprocessedKeys": {}}, 403, "not_granted"),
        ({"Responses": {"grants": [ROW]}, "UnprocessedKeys": {}}, 200, None),
    ],
)
def test_a_partial_response_is_an_error(
    harness: Harness, response: dict[str, Any], status: int, reason: str | None
) -> None:
    harness.sign_in()
    harness.aws.table.clear()
    harness.aws.responses["batch_get_item"] = response
    answer = harness.browser.get(f"/open/{NOTEBOOK}", headers=JSON)
    assert (answer.status, answer.json.get("error")) == (status, reason)


def test_a_duplicate_key_is_requested_once() -> None:
    aws = FakeAws()
    list(open_table(aws.client("dynamodb"), lambda: 0).get([ROW, cutoff_key(ALICE), dict(ROW)]))
    (call,) = aws.called("batch_get_item")
    assert call["RequestItems"]["grants"]["Keys"] == [ROW, cutoff_key(ALICE)]


SUBJECTS = st.sampled_from([ALICE, BOB, ALIAS])
STEPS = st.lists(
    st.tuples(st.just("pass"), st.integers(0, 3))
    | st.tuples(st.just("prove"), SUBJECTS, st.sampled_from([(), (ALIAS,)]))
    | st.tuples(st.just("cut"), SUBJECTS | st.just(EVERYBODY), st.integers(-2, 2)),
    max_size=25,
)


@given(steps=STEPS)
def test_no_earlier_proof_is_accepted_in_any_order_of_events(steps: list[tuple[Any, ...]]) -> None:
    aws, now = FakeAws(), 1_790_000_000
    proofs: list[Caller] = []
    cutoffs: dict[str, int] = {}
    for name in (ALICE, BOB, ALIAS):
        aws.grant(name, NOTEBOOK)
    for step in steps:
        match step:
            case "pass", seconds:
                now += seconds
            case "prove", subject, aliases:
                proofs.append(Caller(subject, (), "session", "203.0.113.7", now, aliases))
            case "cut", subject, ahead:
                if now + ahead > cutoffs.get(subject, 0):
                    cutoffs[subject] = now + ahead
                    aws.cutoff(subject, now + ahead)
    grants = Grants(open_table(aws.client("dynamodb"), lambda: now), max_session=3600, home="", user_names=UserNames())
    for caller in proofs:
        ended = any(caller.proven_at < cutoffs.get(name, 0) for name in (*caller.names, EVERYBODY))
        assert _is_accepted(lambda: grants.find(caller, Notebook(NOTEBOOK))) is not ended  # noqa: B023
        assert _is_accepted(lambda: grants.find_all(caller)) is not ended  # noqa: B023


def _is_accepted(find: Callable[[], object]) -> bool:
    try:
        find()
    except SignInEndedError:
        return False
    except NotGrantedError:
        pass
    return True
