"""The stored results of the last full run of each trial, and their tables in docs/trials.md."""

import json
import multiprocessing
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track

from bench.tables import fill

FOLDER = Path(__file__).parent
GUIDE = FOLDER.parents[1] / "docs" / "trials.md"
CONSOLE = Console(stderr=True)

Rows = Sequence[Mapping[str, Any]]
Case = TypeVar("Case")
Result = TypeVar("Result")


def load(trial: str) -> list[dict[str, Any]]:
    """Return the stored results of `trial`."""
    rows: list[dict[str, Any]] = json.loads((FOLDER / f"{trial}.json").read_text(encoding="utf-8"))
    return rows


def store(trial: str, rows: Rows, tables: Mapping[str, str]) -> None:
    """Store the results of `trial`, one a line, and write its tables."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    (FOLDER / f"{trial}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    fill(GUIDE, tables)


def run_all(run: Callable[[Case], Result], cases: Sequence[Case], *, workers: int | None = None) -> Iterable[Result]:
    """Run all `cases` in separate processes, by default one a processor, and yield their results in their order."""
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from track(pool.map(run, cases), "cases", total=len(cases), console=CONSOLE)
