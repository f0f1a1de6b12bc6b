"""Writes tables of results into the documents, between their marks."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    first = f"| {' | '.join(head)} |".replace("|  |", "| |")
    return "\n".join([first, "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


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
