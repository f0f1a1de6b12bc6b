"""Writes tables of results into the documents, between their marks."""

from collections.abc import Mapping
from pathlib import Path


def fill(guide: Path, tables: Mapping[str, str]) -> None:
    """Replace what is between `<!-- name -->` and `<!-- end -->` in the file `guide` by the table of that name."""
    text = guide.read_text(encoding="utf-8")
    for name, table in tables.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        assert mark, name
        assert end, name
        text = before + mark + table + end + after
    guide.write_text(text, encoding="utf-8")
