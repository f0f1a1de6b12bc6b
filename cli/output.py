"""What a command prints: text and tables for people, or one JSON document for programs."""

import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import IO, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli import tables

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def is_terminal(file: IO[str]) -> bool:
    """Return whether `file` is a terminal. rich also takes a pipe for one if a variable asks for colours."""
    return file.isatty()


class Output:
    """Prints in the requested form. With `--json`, text for people goes to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._console = Console(stderr=as_json, highlight=False, emoji=False, soft_wrap=True)

    def print(self, text: str = "", *, style: str = "") -> None:
        """Print a line."""
        self._console.print(text, style=style, markup=False)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, prose: Collection[str] = ()) -> None:
        """Print a table. `prose`: the columns that are cut if the terminal is too narrow. In a pipe, none is."""
        width = self._console.width if is_terminal(self._console.file) else None
        for line in tables.lines(columns, rows, prose=prose, width=width):
            self._console.print(line)

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
