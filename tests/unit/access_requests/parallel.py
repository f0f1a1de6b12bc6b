"""What the tests of access requests at the same moment share: people, and every order of their calls."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from gate.access_requests.access_requests import AccessRequests
from gate.access_requests.keys import ALLOWED, COUNT, OPEN
from gate.store.table import Table
from gate.values.caller import Caller
from gate.values.errors.base import GateError
from gate.values.notebook import Notebook
from testing.asking import access_requests, request_rules
from testing.grants_table import GrantsTable
from testing.interleaving import TableRequest, every_order

NOW = 1_800_000_000.0
HOUR = 3_600
CAROL, ANN, BOB = (Caller(f"user:{name}", (), "session", "203.0.113.7", NOW) for name in ("carol", "ann", "bob"))


def requests_in(table: Table, *, two: bool = False, automatic: bool = False) -> AccessRequests:
    approvers = {"user:ann": ("*",), "user:bob": ("*",)}
    rules = request_rules(approvers=approvers, two_approvals=("*",) if two else (), durations=(HOUR, 2 * HOUR))
    if automatic:
        rules = replace(rules, automatic={"user:carol": ("*",)}, automatic_longest=HOUR)
    return access_requests(table, rules)


def ask(table: Table) -> str:
    return requests_in(table).ask(CAROL, Notebook("churn"), reason="r", seconds=HOUR).id


def ask_at_once(table: Table, _: str = "") -> str:
    requests = requests_in(table, automatic=True)
    return requests.ask(CAROL, Notebook("churn"), reason="r", seconds=HOUR, proven=True).id


def start_request(table: GrantsTable, work: Callable[[Table], object]) -> TableRequest:
    return TableRequest(table, work, clock=lambda: NOW)


def asked_table(*before: Callable[[Table, str], object]) -> tuple[GrantsTable, str]:
    """Return a table with one request, and the request's id. `before`: what people have done with it."""
    table = GrantsTable()
    start_request(table, ask).finish()
    (item,) = table.requests()
    for work in before:
        start_request(table, lambda opened, work=work: work(opened, item["id"]["S"])).finish()
    return table, str(item["id"]["S"])


def orders_of(
    *works: Callable[[Table, str], object],
    asked: bool = True,
    before: Sequence[Callable[[Table, str], object]] = (),
) -> Iterator[GrantsTable]:
    """Yield the table after each order of the calls of `works`, which get the table and the id of a request.

    `asked`: whether that request is there. `before`: what people have done with it before.
    """
    first, request_id = asked_table(*before)
    rows = [*first.requests(), *first.requests(past=True)] if asked else []
    rows += first.query([OPEN, ALLOWED, COUNT, "user:carol"]) if asked else []
    tables: list[GrantsTable] = []

    def start() -> list[TableRequest]:
        table = GrantsTable()
        tables.append(table)
        for row in rows:
            table.put(row)
        return [start_request(table, lambda opened, work=work: refused(work, opened, request_id)) for work in works]

    for requests in every_order(start):
        assert all(request.failure is None for request in requests)
        yield tables[-1]


def refused(work: Callable[[Table, str], object], table: Table, request_id: str) -> None:
    with contextlib.suppress(GateError):  # the other one was first
        work(table, request_id)


def decide(caller: Caller, seconds: int | None, *, two: bool = False) -> Callable[[Table, str], object]:
    return lambda table, request_id: requests_in(table, two=two).decide(caller, request_id, seconds=seconds)
