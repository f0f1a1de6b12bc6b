"""The end of a grant: a date or a moment in files and commands, epoch seconds in the table."""

import datetime
from typing import Any

from gate.store.grant_row import MAX_EPOCH_SECONDS

DAY = 86_400


def parse_until(value: Any) -> int:
    """Return `value` in epoch seconds. A date stands for the end of that day, in UTC. Raises `ValueError`."""
    match value:
        case str():
            try:
                parsed = (datetime.date if len(value) == len("2026-12-31") else datetime.datetime).fromisoformat(value)
            except ValueError:
                raise _not_a_date(value) from None
            return parse_until(parsed)
        case datetime.datetime():
            zoned = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
            return int(zoned.timestamp())
        case datetime.date():
            midnight = datetime.datetime.combine(value, datetime.time(), datetime.UTC)
            # 9999-12-31 ends one second early: Python's dates cannot hold the moment after it.
            return min(int(midnight.timestamp()) + DAY, MAX_EPOCH_SECONDS)
    raise _not_a_date(value)


def format_until(until: int) -> str:
    """Write `until` (epoch seconds) as a date if it is the end of a day in UTC, else as a moment."""
    moment = datetime.datetime.fromtimestamp(until, datetime.UTC)
    if until % DAY == 0:
        return (moment - datetime.timedelta(days=1)).date().isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def has_passed(until: int | None, now: float) -> bool:
    """Return whether `until` (epoch seconds; None for a grant without an end) has passed."""
    return until is not None and until <= now


def _not_a_date(value: Any) -> ValueError:
    return ValueError(f"{value!r} is not a date; write 2026-12-31, or 2026-12-31T18:00:00Z")
