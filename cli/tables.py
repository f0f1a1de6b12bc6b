"""Lays out tables for a terminal or a pipe."""

from collections.abc import Collection, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

MIN_PROSE = 12
"""Characters of a sentence that a table shows at least."""

GAP = 2
"""Characters between two columns, and between the name and the value of a cell in a list."""

Row = Sequence[str]


def lines(columns: Row, rows: Sequence[Row], *, prose: Collection[str], width: int | None) -> Iterator[Text]:
    """Yield the lines of a table whose columns `prose` have sentences, and all others names.

    `width`: the characters of a line of the terminal, or None to show all cells as they are. In a terminal, sentences
    are cut. If that is not enough, the cells of each row are shown below each other. Names are never cut, so that they
    can be copied.
    """
    widths = [max(map(cell_len, cells)) for cells in zip(columns, *rows, strict=True)]
    if width is not None:
        _narrow(widths, [columns.index(name) for name in prose], width)
        if _total(widths) > width:
            yield from _as_list(columns, rows, prose, width)
            return
    yield from _as_table(columns, rows, widths)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _narrow(widths: list[int], columns: Sequence[int], limit: int) -> None:
    """Narrow the widest of `columns` in turn, until the table has at most `limit` characters or all are narrow."""
    while columns and _total(widths) > limit:
        widest = max(columns, key=widths.__getitem__)
        if widths[widest] <= MIN_PROSE:
            return
        widths[widest] -= 1


def _as_table(columns: Row, rows: Sequence[Row], widths: Sequence[int]) -> Iterator[Text]:
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column, width=width)
    for row in rows:
        # As Text, since a cell may contain rich's markup.
        table.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in row))
    console = Console(width=_total(widths) + GAP)
    for segments in console.render_lines(table, pad=False):
        line = Text.assemble(*((each.text, each.style or "") for each in segments))
        line.rstrip()
        yield line


def _as_list(columns: Row, rows: Sequence[Row], prose: Collection[str], width: int) -> Iterator[Text]:
    indent = max(map(len, columns)) + GAP
    for number, row in enumerate(rows):
        if number:
            yield Text()
        for name, cell in zip(columns, row, strict=True):
            value = Text(cell)
            if name in prose:
                value.truncate(width - indent, overflow="ellipsis")
            if cell:
                yield Text.assemble((name.ljust(indent), "bold"), value)
