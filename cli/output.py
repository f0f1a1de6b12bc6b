"""What a command prints: text and tables for people, or one JSON document for programs."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

TABLE_WIDTH = 2_000
"""Characters, more than a row with the longest names that AWS allows."""


class Output:
    """Prints in the requested form. With `--json`, text for people goes to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._console = Console(stderr=as_json, highlight=False, emoji=False, soft_wrap=True)

    def print(self, text: str = "", *, style: str = "") -> None:
        """Print a line."""
        self._console.print(text, style=style, markup=False)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table. Cells are neither cut nor wrapped, so that they can be copied."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, no_wrap=True)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))  # as Text, since a cell may contain rich's markup
        # The width of the terminal is ignored: rich would cut the cells to fit it.
        Console(stderr=self.as_json, highlight=False, emoji=False, width=TABLE_WIDTH, soft_wrap=True).print(table)

    def document(self, value: Any) -> None:
        """Print `value` as JSON with `--json`, else nothing."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def waiting(self, title: str) -> AbstractContextManager[object]:
        """Show a spinner while a block runs."""
        return Console(stderr=True).status(title)

    @contextmanager
    def progress(self, title: str, total: float) -> Iterator[Callable[[float], None]]:
        """Show a progress bar; yields a function that counts so many more as done."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            yield partial(bar.advance, bar.add_task(title, total=total))
