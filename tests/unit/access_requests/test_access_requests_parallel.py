"""Two people who decide or ask at once: in every order of their calls, one decision and one grant."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from gate.access_requests.access_requests import AccessRequests
from gate.access_requests.keys import ALLOWED, COUNT, OPEN
from gate.store.table import Table
from gate.values.caller import Caller
from gate.values.errors.access_requests import AlreadyGrantedError
from gate.values.errors.base import GateError
from gate.values.notebook import Notebook
from testing.asking import access_requests, request_rules
from testing.grants_table import GrantsTable
from testing.interleaving import TableRequest, every_order

NOW = 1_800_000_000.0
HOUR = 3_600
CAROL, ANN, BOB = (Caller(f"user:{name}", (), "session", "203.0.113.7", NOW) for name in ("carol", "ann", "bob"))


def _requests(table: Table, *, two: bool = False, automatic: bool = False) -> AccessRequests:
    approvers = {"user:ann": ("*",), "user:bob": ("*",)}
    rules = request_rules(approvers=approvers, two_approvals=("*",) if two else (), durations=(HOUR, 2 * HOUR))
    if automatic:
        rules = replace(rules, automatic={"user:carol": ("*",)}, automatic_longest=HOUR)
    return access_requests(table, rules)


def _ask(table: Table) -> str:
    return _requests(table).ask(CAROL, Notebook("churn"), reason="r", seconds=HOUR).id


def _ask_at_once(table: Table, _: str = "") -> str:
    requests = _requests(table, automatic=True)
    return requests.ask(CAROL, Notebook("churn"), reason="r", seconds=HOUR, proven=True).id


def _start(table: GrantsTable, work: Callable[[Table], object]) -> TableRequest:
    return TableRequest(table, work, clock=lambda: NOW)


def _asked(*before: Callable[[Table, str], object]) -> tuple[GrantsTable, str]:
    """Return a table with one request, and the request's id. `before`: what people have done with it."""
    table = GrantsTable()
    _start(table, _ask).finish()
    (item,) = table.requests()
    for work in before:
        _start(table, lambda opened, work=work: work(opened, item["id"]["S"])).finish()
    return table, str(item["id"]["S"])


def _orders(
    *works: Callable[[Table, str], object],
    asked: bool = True,
    before: Sequence[Callable[[Table, str], object]] = (),
) -> Iterator[GrantsTable]:
    """Yield the table after each order of the calls of `works`, which get the table and the id of a request.

    `asked`: whether that request is there. `before`: what people have done with it before.
    """
    first, request_id = _asked(*before)
    rows = [*first.requests(), *first.requests(past=True)] if asked else []
    rows += first.query([OPEN, ALLOWED, COUNT, "user:carol"]) if asked else []
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


def _withdraw(table: Table, request_id: str) -> object:
    return _requests(table).withdraw(CAROL, request_id)


@pytest.mark.parametrize("seconds", [HOUR, None])
def test_one_who_decides_and_one_who_withdraws_at_once_decide_once(seconds: int | None) -> None:
    outcomes = set()
    for table in _orders(_decide(ANN, seconds), _withdraw):
        (request,) = table.requests()
        decision, by = request["decision"]["S"], request["decided_by"]["S"]
        assert bool(table.query(["user:carol"])) == (decision == "allowed")
        assert by == ("user:carol" if decision == "withdrawn" else "user:ann")
        outcomes.add(decision)
    assert outcomes == {"withdrawn", "denied" if seconds is None else "allowed"}


def test_a_withdrawal_beside_the_second_approval_leaves_a_grant_or_none() -> None:
    outcomes = set()
    for table in _orders(_decide(BOB, HOUR, two=True), _withdraw, before=[_decide(ANN, HOUR, two=True)]):
        (request,) = table.requests()
        assert bool(table.query(["user:carol"])) == (request["decision"]["S"] == "allowed")
        outcomes.add(request["decision"]["S"])
    assert outcomes == {"allowed", "withdrawn"}


def test_a_request_that_is_withdrawn_twice_at_once_is_withdrawn_once() -> None:
    for table in _orders(_withdraw, _withdraw):
        (request,) = table.requests()
        assert (request["decision"]["S"], request["version"]["N"]) == ("withdrawn", "1")


def test_a_withdrawal_beside_a_new_request_leaves_one_request() -> None:
    states = set()
    for table in _orders(_withdraw, lambda opened, _: _ask(opened)):
        (request,) = table.requests()
        states.add(request["decision"]["S"])
    assert states == {"withdrawn", ""}


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


def _count(table: GrantsTable) -> str:
    (count,) = table.query(["request:count"])
    return str(count["count"]["N"])


def test_two_requests_at_once_that_the_rule_allows_are_one_request_and_one_grant() -> None:
    orders = 0
    for table in _orders(_ask_at_once, _ask_at_once, asked=False):
        (request,) = table.requests()
        (grant,) = table.query(["user:carol"])
        assert (grant["request_id"], grant["until"]["N"]) == (request["id"], str(int(NOW) + HOUR))
        assert grant["granted_by"]["S"] == request["decided_by"]["S"] == "rule:requests.automatic"
        assert _count(table) == "1"
        orders += 1
    assert orders > 10


@pytest.mark.parametrize("seconds", [2 * HOUR, HOUR, None])
def test_an_approver_decides_while_the_rule_allows_a_later_request(seconds: int | None) -> None:
    decided = _decide(ANN, seconds)
    outcomes = set()
    for table in _orders(decided, _ask_at_once):
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
            _ask_at_once(table)
        except GateError as error:
            errors.add(type(error))

    outcomes = set()
    for table in _orders(ask, lambda opened, _: opened.put(given), asked=False):
        (grant,) = table.query(["user:carol"])
        assert grant == given
        outcomes.add(len(table.requests()))
    assert outcomes == {0, 1}
    assert errors == {AlreadyGrantedError}


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


def _end(caller: Caller) -> Callable[[Table, str], object]:
    return lambda table, request_id: _requests(table).ends.end(caller, request_id, proven=True)


def test_two_who_end_access_at_once_end_it_once() -> None:
    endings = set()
    for table in _orders(_end(CAROL), _end(ANN), before=(_decide(BOB, HOUR),)):
        (request,), (grant,) = table.requests(), table.query(["user:carol"])
        assert request["grant_until"]["N"] == grant["until"]["N"] == str(int(NOW))
        assert len(table.query(["ended:"])) == 1
        assert not table.query([ALLOWED])
        endings.add(request["ended_by"]["S"])
    assert endings == {"user:carol", "user:ann"}


def test_access_that_is_ended_and_extended_at_once_is_one_or_the_other() -> None:
    """If the end comes first, the later request gives new access. Otherwise, the end is refused, and denies nothing."""

    def ask(table: Table, _: str) -> object:
        return _requests(table).ask(CAROL, Notebook("churn"), reason="more", seconds=2 * HOUR)

    def extend(table: Table, _: str) -> object:
        (open_request,) = table.query([OPEN])
        later = open_request["notebook"]["S"].partition("-")[2]
        return _requests(table).decide(ANN, later, seconds=2 * HOUR)

    ended = set()
    for table in _orders(_end(BOB), extend, before=(_decide(BOB, HOUR), ask)):
        (grant,), (later,), (earlier,) = table.query(["user:carol"]), table.requests(), table.requests(past=True)
        assert (grant["until"]["N"], later["ended_by"]["S"]) == (str(int(NOW) + 2 * HOUR), "")
        assert bool(earlier["ended_by"]["S"]) == bool(table.query(["ended:"]))
        assert earlier["grant_until"]["N"] == str(int(NOW) + (0 if earlier["ended_by"]["S"] else HOUR))
        ended.add(earlier["ended_by"]["S"])
    assert ended == {"user:bob", ""}
