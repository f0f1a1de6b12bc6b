"""Two people who decide or ask at once: in every order of their calls, one decision and one grant."""

import pytest

from gate.access_requests.keys import COUNT
from gate.store.table import Table
from gate.values.errors.access_requests import AlreadyGrantedError
from gate.values.errors.base import GateError
from testing.grants_table import GrantsTable
from tests.unit.access_requests.parallel import (
    ANN,
    BOB,
    CAROL,
    HOUR,
    NOW,
    ask,
    ask_at_once,
    asked_table,
    decide,
    orders_of,
    refused,
    requests_in,
    start_request,
)


def test_two_who_allow_at_once_give_one_grant() -> None:
    orders = 0
    for table in orders_of(decide(ANN, HOUR), decide(BOB, 2 * HOUR)):
        (grant,) = table.query(["user:carol"])
        (request,) = table.requests()
        hours = {"user:ann": HOUR, "user:bob": 2 * HOUR}[grant["granted_by"]["S"]]
        assert (grant["until"]["N"], request["decided_by"]) == (str(int(NOW) + hours), grant["granted_by"])
        orders += 1
    assert orders > 10


def test_one_who_allows_and_one_who_denies_at_once_decide_once() -> None:
    outcomes = set()
    for table in orders_of(decide(ANN, HOUR), decide(BOB, None)):
        (request,) = table.requests()
        assert bool(table.query(["user:carol"])) == (request["decision"]["S"] == "allowed")
        outcomes.add(request["decision"]["S"])
    assert outcomes == {"allowed", "denied"}


def _withdraw(table: Table, request_id: str) -> object:
    return requests_in(table).withdraw(CAROL, request_id)


@pytest.mark.parametrize("seconds", [HOUR, None])
def test_one_who_decides_and_one_who_withdraws_at_once_decide_once(seconds: int | None) -> None:
    outcomes = set()
    for table in orders_of(decide(ANN, seconds), _withdraw):
        (request,) = table.requests()
        decision, by = request["decision"]["S"], request["decided_by"]["S"]
        assert bool(table.query(["user:carol"])) == (decision == "allowed")
        assert by == ("user:carol" if decision == "withdrawn" else "user:ann")
        outcomes.add(decision)
    assert outcomes == {"withdrawn", "denied" if seconds is None else "allowed"}


def test_a_withdrawal_beside_the_second_approval_leaves_a_grant_or_none() -> None:
    outcomes = set()
    for table in orders_of(decide(BOB, HOUR, two=True), _withdraw, before=[decide(ANN, HOUR, two=True)]):
        (request,) = table.requests()
        assert bool(table.query(["user:carol"])) == (request["decision"]["S"] == "allowed")
        outcomes.add(request["decision"]["S"])
    assert outcomes == {"allowed", "withdrawn"}


def test_a_request_that_is_withdrawn_twice_at_once_is_withdrawn_once() -> None:
    for table in orders_of(_withdraw, _withdraw):
        (request,) = table.requests()
        assert (request["decision"]["S"], request["version"]["N"]) == ("withdrawn", "1")


def test_a_withdrawal_beside_a_new_request_leaves_one_request() -> None:
    states = set()
    for table in orders_of(_withdraw, lambda opened, _: ask(opened)):
        (request,) = table.requests()
        states.add(request["decision"]["S"])
    assert states == {"withdrawn", ""}


def test_two_approvals_at_once_are_both_counted() -> None:
    for table in orders_of(decide(ANN, HOUR, two=True), decide(BOB, 2 * HOUR, two=True)):
        (grant,) = table.query(["user:carol"])
        assert set(grant["granted_by"]["S"].split(", ")) == {"user:ann", "user:bob"}
        assert grant["until"]["N"] == str(int(NOW) + HOUR)


def test_one_who_presses_twice_is_one_approver() -> None:
    for table in orders_of(decide(ANN, HOUR, two=True), decide(ANN, HOUR, two=True)):
        assert not table.query(["user:carol"])


def test_a_request_that_is_sent_twice_is_one_request() -> None:
    for table in orders_of(lambda opened, _: ask(opened), lambda opened, _: ask(opened)):
        assert len(table.requests()) == 1
        (count,) = table.query([COUNT])
        assert count["count"] == {"N": "1"}


def _count(table: GrantsTable) -> str:
    (count,) = table.query(["request:count"])
    return str(count["count"]["N"])


def test_two_requests_at_once_that_the_rule_allows_are_one_request_and_one_grant() -> None:
    orders = 0
    for table in orders_of(ask_at_once, ask_at_once, asked=False):
        (request,) = table.requests()
        (grant,) = table.query(["user:carol"])
        assert (grant["request_id"], grant["until"]["N"]) == (request["id"], str(int(NOW) + HOUR))
        assert grant["granted_by"]["S"] == request["decided_by"]["S"] == "rule:requests.automatic"
        assert _count(table) == "1"
        orders += 1
    assert orders > 10


@pytest.mark.parametrize("seconds", [2 * HOUR, HOUR, None])
def test_an_approver_decides_while_the_rule_allows_a_later_request(seconds: int | None) -> None:
    decided = decide(ANN, seconds)
    outcomes = set()
    for table in orders_of(decided, ask_at_once):
        (request,) = table.requests()
        (grant,) = table.query(["user:carol"])
        assert request["decision"]["S"] == "allowed"
        assert request["decided_by"]["S"] == "rule:requests.automatic"
        by = grant["granted_by"]["S"]
        # Whoever was first: the later end holds, and a grant never has the end of a request that was not decided.
        end = int(NOW) + (seconds or HOUR) if by == "user:ann" else int(NOW) + HOUR
        assert grant["until"]["N"] == str(end) == request["grant_until"]["N"]
        assert _count(table) == "2"
        outcomes.add(by)
    assert outcomes == ({"user:ann", "rule:requests.automatic"} if seconds else {"rule:requests.automatic"})


def test_a_grant_that_an_operator_gives_at_the_same_moment_is_never_overwritten() -> None:
    given = {"principal": {"S": "user:carol"}, "notebook": {"S": "churn"}, "until": {"N": str(int(NOW) + 60)}}
    errors = set()

    def ask(table: Table, _: str) -> None:
        try:
            ask_at_once(table)
        except GateError as error:
            errors.add(type(error))

    outcomes = set()
    for table in orders_of(ask, lambda opened, _: opened.put(given), asked=False):
        (grant,) = table.query(["user:carol"])
        assert grant == given
        outcomes.add(len(table.requests()))
    assert outcomes == {0, 1}
    assert errors == {AlreadyGrantedError}


@pytest.mark.parametrize("when", ["before", "after"])
def test_after_a_lost_response_pressing_again_is_safe(when: str) -> None:
    table, request_id = asked_table()
    first = start_request(table, lambda opened: decide(ANN, HOUR)(opened, request_id))
    while not table.query(["user:carol"]) and not first.finished:
        first.next_failure = (when, ConnectionError()) if first.next_operation == "transact_write_items" else None
        first.step()
    first.finish()
    assert isinstance(first.failure, ConnectionError)
    again = start_request(table, lambda opened: refused(decide(ANN, HOUR), opened, request_id))
    again.finish()
    assert again.failure is None
    assert len(table.query(["user:carol"])) == 1
