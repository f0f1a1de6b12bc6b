"""Shows owners and approvers which grants nobody used: writes the reports that the page /requests/access reads."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.grant_schema.item import Item, may_be_for
from cli.grants.table import GrantsTable
from cli.output import Output
from gate.access_requests.unused_grants import UnusedGrants, unused_key
from gate.store import key_prefixes
from gate.store.table import key_of
from gate.values.notebook import Notebook
from gate.web.durations import date_time

MAX_PARALLEL_WRITES = 8


def write_reports(
    deployed: Deployed, items: Sequence[Item], since: int, now: int, wanted: Notebook | None, out: Output
) -> None:
    """Write a report for each notebook of `items`, the rows of unused grants, and remove earlier reports.

    `since`, `now`: the time that was looked at, in epoch seconds. `wanted`: the only notebook that was looked at, or
    None. Raises `CommandError` if AWS refuses a call.
    """
    principals: dict[str, set[str]] = defaultdict(set)
    for item in items:
        principal, notebook = key_of(item)
        principals[notebook].add(principal)
    reports = [UnusedGrants(notebook, frozenset(found), since, now) for notebook, found in sorted(principals.items())]
    rows = [report.to_row() for report in reports]
    outdated = [
        unused_key(key_of(row)[1])
        for row in GrantsTable.of(deployed).of_principal(key_prefixes.UNUSED_GRANTS)
        if key_of(row)[1] not in principals and (wanted is None or may_be_for(row, wanted, deployed.home))
    ]
    dynamodb, table = deployed.aws.client("dynamodb"), deployed.table

    def write(row: dict[str, Any]) -> None:
        dynamodb.put_item(TableName=table, Item=row)

    def remove(key: dict[str, Any]) -> None:
        dynamodb.delete_item(TableName=table, Key=key)

    with aws_errors(), ThreadPoolExecutor(MAX_PARALLEL_WRITES) as pool:
        list(pool.map(write, [row for row, _ in rows]))
        list(pool.map(remove, outdated))
    out.print(f"The page /requests/access shows this for {len(rows)} notebooks{_end(rows)}.", style="green")
    if left_out := sum(number for _, number in rows):
        out.print(f"It has no room for {left_out} of the grants.", style="yellow")


def _end(rows: Sequence[tuple[dict[str, Any], int]]) -> str:
    return f" until {date_time(int(rows[0][0]['until']['N']))}" if rows else ""
