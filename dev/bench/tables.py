"""Writes tables of results into the documents, between their marks."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    first = f"| {' | '.join(head)} |".replace("|  |", "| |")
    return "\n".join([first, "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def table_of(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return a table with a row for each of `rows`. `columns`: the format of each column's cells, by its head."""
    return table([*columns], ([cell.format_map(row) for cell in columns.values()] for row in rows))


def filled(guide: str, tables: Mapping[str, str]) -> str:
    """Return the text `guide` with each table between its `<!-- name -->` and `<!-- end -->`."""
    for name, of_name in tables.items():
        before, mark, rest = guide.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        assert mark, name
        assert end, name
        guide = before + mark + of_name + end + after
    return guide


def fill(guide: Path, tables: Mapping[str, str]) -> None:
    """Write `tables` into the file `guide`."""
    guide.write_text(filled(guide.read_text(encoding="utf-8"), tables), encoding="utf-8")
