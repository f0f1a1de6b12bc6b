"""The grants of a notebook that nobody used, as `gate grants unused --show-owners` reports them to its owners.

There is one row for each name of a notebook that grants have, so that a page reads few keys, however many people have
access.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gate.access_requests.keys import readable
from gate.store import key_prefixes
from gate.store.grant_row import until_of
from gate.store.table import Row, key_of, primary_key

REPORT_TTL = 35 * 86_400
"""Seconds after which a report counts no more, so that monthly reports leave no gap."""

MAX_BYTES = 300_000
"""Of the principals in a row. An item can have 400 KB (DynamoDB developer guide)."""


@dataclass(frozen=True)
class UnusedGrants:
    """The principals whose grant for a notebook nobody used in the time that a report is about."""

    notebook: str
    """As the rows of the grants name it."""
    principals: frozenset[str]
    since: int
    """Epoch seconds: the beginning of the time that the report is about."""
    reported_at: int
    """Epoch seconds: its end."""

    def to_row(self) -> tuple[dict[str, Any], int]:
        """Return the row, and the number of principals that it has no room for. There must be a principal."""
        fitting, size = [], 0
        for principal in sorted(self.principals):
            size += len(principal.encode())
            if size <= MAX_BYTES:
                fitting.append(principal)
        row = {
            **unused_key(self.notebook),
            "principals": {"SS": fitting},
            "since": {"N": str(self.since)},
            "reported_at": {"N": str(self.reported_at)},
            "until": {"N": str(self.reported_at + REPORT_TTL)},
        }
        return row, len(self.principals) - len(fitting)


def unused_key(notebook: str) -> dict[str, Any]:
    """Return the key of the report on `notebook`, as the rows of grants name it."""
    return primary_key(key_prefixes.UNUSED_GRANTS, notebook)


def read_unused(items: Iterable[Row], now: float) -> dict[tuple[str, str], UnusedGrants]:
    """Return the reports in `items` that have not ended at `now` (epoch seconds), by each principal and notebook."""
    reports = readable((item for item in items if (until_of(item) or 0) > now), _read, kind="report of unused grants")
    return {(principal, report.notebook): report for report in reports for principal in report.principals}


def _read(item: Row) -> UnusedGrants:
    return UnusedGrants(
        notebook=key_of(item)[1],
        principals=frozenset(item["principals"]["SS"]),
        since=int(item["since"]["N"]),
        reported_at=int(item["reported_at"]["N"]),
    )
