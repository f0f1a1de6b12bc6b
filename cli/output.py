"""What a command says: words and tables for people, or one JSON document for programs."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]


WIDE = 2_000
"""Characters of a table's line; no name that AWS knows is as long."""


class Advance(Protocol):
    """Moves a progress bar on."""

    def __call__(self, done: int) -> None:
        """Count `done` more."""


class Output:
    """Says things in the form that was asked for. What is for people only goes to standard error under `--json`."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._console = Console(stderr=as_json, highlight=False, emoji=False, soft_wrap=True)

    def say(self, text: str = "", *, style: str = "") -> None:
        """Say a line."""
        self._console.print(text, style=style, markup=False)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show rows; cells are never cut, since somebody may copy them."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, no_wrap=True)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))  # not as markup: a cell may hold whatever is in the table
        # As wide as it comes, whatever the terminal: what is cut or broken up can't be copied.
        Console(stderr=self.as_json, highlight=False, emoji=False, width=WIDE, soft_wrap=True).print(table)

    def document(self, value: Any) -> None:
        """Answer with `value` under `--json`; say nothing otherwise."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    @contextmanager
    def waiting(self, title: str) -> Iterator[None]:
        """Show that something is under way whose length is not known."""
        with Console(stderr=True).status(title):
            yield

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Advance]:
        """Show how far something long has come."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=total)
            yield lambda done: bar.advance(task, done)
