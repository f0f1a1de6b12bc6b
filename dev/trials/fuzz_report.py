"""The number of cases that `make fuzz` ran, for docs/trials.md."""

from collections.abc import Mapping

from bench.tables import table
from trials.results import Rows, store

MIN_CASES = 100_000
"""The least number of cases in a run of `make fuzz`."""


def write(cases: Mapping[str, int]) -> None:
    """Write the number of cases of each kind."""
    rows = [{"name": name, "cases": number} for name, number in sorted(cases.items())]
    store("fuzz", rows, tables(rows))


def tables(rows: Rows) -> dict[str, str]:
    """Return the table of the guide by name."""
    total = sum(each["cases"] for each in rows)
    lines = [[each["name"], f"{each['cases']:,}", "0"] for each in rows]
    return {"fuzz": table(["", "cases", "failures"], [*lines, ["**all**", f"**{total:,}**", "**0**"]])}
