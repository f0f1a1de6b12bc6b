"""Two people who decide or ask at once: in every order of their calls, one decision and one grant."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from gate.access_requests.access_requests import AccessRequests
from gate.access_requests.keys import COUNT, OPEN
from gate.access_requests.rules import RequestRules
from gate.store.table import Table
from gate.values.caller import Caller
from gate.values.errors.base import GateError
from gate.values.notebook import Notebook
from testing.asking import access_requests
from testing.grants_table import GrantsTable
from testing.interleaving import TableRequest, every_order

NOW = 1_800_000_000.0
HOUR = 3_600
CAROL, ANN, BOB = (Caller(f"user:{name}", (), "session", "203.0.113.7", NOW) for name in ("carol", "ann", "bob"))


def _requests(table: Table, *, two: bool = False) -> AccessRequests:
    approvers = {"user:ann": ("*",), "user:bob": ("*",)}
    rules = RequestRules(approvers, ("*",) if two else (), (HOUR, 2 * HOUR), "none", "", "", 400 * 86_400, 0, "")
    return access_requests(table, rules)


def _ask(table: Table) -> str:
    return _requests(table).ask(CAROL, Notebook("churn"), reason="r", seconds=HOUR).id


def _start(table: GrantsTable, work: Callable[[Table], object]) -> TableRequest:
    return TableRequest(table, work, clock=lambda: NOW)


def _asked() -> tuple[GrantsTable, str]:
    """Return a table with one request, and the request's id."""
    table = GrantsTable()
    _start(table, _ask).finish()
    (item,) = table.requests()
    return table, str(item["id"]["S"])


def _orders(*works: Callable[[Table, str], object]) -> Iterator[GrantsTable]:
    """Yield the table after each order of the calls of `works`, which get the table and the id of a request."""
    asked, request_id = _asked()
    rows = [*asked.requests(), *asked.query([OPEN, COUNT])]
    tables: list[GrantsTable] = []

    def start() -> list[TableRequest]:
        table = GrantsTable()
        tables.append(table)
        for row in rows:
            table.put(row)
        return [_start(table, lambda opened, work=work: _refused(work, opened, request_id)) for work in works]

    for requests in every_order(start):
        assert all(request.failure is None for request in requests)
        yield tables[-1]


def _refused(work: Callable[[Table, str], object], table: Table, request_id: str) -> None:
    with contextlib.suppress(GateError):  # the other one was first
        work(table, request_id)


def _decide(caller: Caller, seconds: int | None, *, two: bool = False) -> Callable[[Table, str], object]:
    return lambda table, request_id: _requests(table, two=two).decide(caller, request_id, seconds=seconds)


def test_two_who_allow_at_once_give_one_grant() -> None:
    orders = 0
    for table in _orders(_decide(ANN, HOUR), _decide(BOB, 2 * HOUR)):
        (grant,) = table.query(["user:carol"])
        (request,) = table.requests()
        hours = {"user:ann": HOUR, "user:bob": 2 * HOUR}[grant["granted_by"]["S"]]
        assert (grant["until"]["N"], request["decided_by"]) == (str(int(NOW) + hours), grant["granted_by"])
        orders += 1
    assert orders > 10


def test_one_who_allows_and_one_who_denies_at_once_decide_once() -> None:
    outcomes = set()
    for table in _orders(_decide(ANN, HOUR), _decide(BOB, None)):
        (request,) = table.requests()
        assert bool(table.query(["user:carol"])) == (request["decision"]["S"] == "allowed")
        outcomes.add(request["decision"]["S"])
    assert outcomes == {"allowed", "denied"}


def test_two_approvals_at_once_are_both_counted() -> None:
    for table in _orders(_decide(ANN, HOUR, two=True), _decide(BOB, 2 * HOUR, two=True)):
        (grant,) = table.query(["user:carol"])
        assert set(grant["granted_by"]["S"].split(", ")) == {"user:ann", "user:bob"}
        assert grant["until"]["N"] == str(int(NOW) + HOUR)


def test_one_who_presses_twice_is_one_approver() -> None:
    for table in _orders(_decide(ANN, HOUR, two=True), _decide(ANN, HOUR, two=True)):
        assert not table.query(["user:carol"])


def test_a_request_that_is_sent_twice_is_one_request() -> None:
    for table in _orders(lambda opened, _: _ask(opened), lambda opened, _: _ask(opened)):
        assert len(table.requests()) == 1
        (count,) = table.query([COUNT])
        assert count["count"] == {"N": "1"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_after_a_lost_response_pressing_again_is_safe(when: str) -> None:
    table, request_id = _asked()
    first = _start(table, lambda opened: _decide(ANN, HOUR)(opened, request_id))
    while not table.query(["user:carol"]) and not first.finished:
        first.next_failure = (when, ConnectionError()) if first.next_operation == "transact_write_items" else None
        first.step()
    first.finish()
    assert isinstance(first.failure, ConnectionError)
    again = _start(table, lambda opened: _refused(_decide(ANN, HOUR), opened, request_id))
    again.finish()
    assert again.failure is None
    assert len(table.query(["user:carol"])) == 1
