"""Measures the pages of access requests with a year of other people's requests in the table.

`PYTHONPATH=lambda:dev:. .venv/bin/python -m bench.lists` prints the table in docs/speed.md. The table is in this
process, so the figures contain neither the network nor DynamoDB's own time. Of the reads, the calls and their sizes are
counted; the time is the CPU time of the function without the time in which the table answers.
"""

import json
import statistics
import time
import tracemalloc
from typing import Any

from gate.values.caller import Caller
from local.aws import dynamodb
from testing.asking import access_requests, request_rules
from testing.aws_clients import Client, operation_name
from testing.grants_table import GrantsTable, open_table
from testing.many_requests import fill

NOW = 1_800_000_000
RULES = request_rules(approvers={"user:dana@example.com": ("*",)})
MEGABYTE = 1_000_000


class Counted:
    """The table, which counts the calls, their bytes, and the time that it takes to answer."""

    def __init__(self, table: GrantsTable) -> None:
        self._table = table
        self.calls = 0
        self.bytes = 0
        self.seconds = 0.0
        self.client = Client(self._answer)

    def _answer(self, method: str, arguments: Any) -> Any:
        start = time.process_time()
        answer = self._table.answer(operation_name(method), arguments)
        self.calls += 1
        self.bytes += len(json.dumps(answer))
        assert len(json.dumps(answer)) < MEGABYTE  # DynamoDB would need another call
        self.seconds += time.process_time() - start
        return answer


def main() -> None:
    """Print one line for each size and page."""
    dynamodb.SELECT_PAGE = 4_000
    print("| requests in the table, open | page | calls | read | CPU | memory |\n|---|---|---|---|---|---|")  # noqa: T201
    for size, open_ones in ((1_000, 5), (10_000, 50), (100_000, 500)):
        table = GrantsTable()
        fill(table, requests=size, open_ones=open_ones, now=NOW)
        for who in ("a person", "an approver of `*`"):
            name = "user:dana@example.com" if "approver" in who else "user:person-7@example.com"
            print(f"| {size:,}, {open_ones} | {who} | {_measure(table, name)} |")  # noqa: T201


def _measure(table: GrantsTable, name: str) -> str:
    caller = Caller(name, (), "session", "203.0.113.7", NOW)
    seconds = []
    for _ in range(21):
        counted = Counted(table)
        lists = access_requests(open_table(counted.client, lambda: NOW), RULES).lists
        start = time.process_time()
        lists.requests(caller)
        seconds.append(time.process_time() - start - counted.seconds)
    calls, size = counted.calls, counted.bytes / 1_000
    tracemalloc.start()
    lists.requests(caller)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return f"{calls} | {size:.0f} kB | {statistics.median(seconds) * 1_000:.1f} ms | {peak / MEGABYTE:.1f} MB"


if __name__ == "__main__":
    main()
