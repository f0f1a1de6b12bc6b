"""`make faults`: all cells, with the time that Lambda really leaves, and the tables of docs/trials.md."""

import json
import multiprocessing
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bench.tables import fill
from trials.endpoints import ENDPOINTS
from trials.faults import NEIGHBOURS, Outcome, Trial
from trials.neighbour import Fault

ROOT = Path(__file__).parent
RESULTS = ROOT / "faults.json"
GUIDE = ROOT.parent / "docs" / "trials.md"

SIDE_BY_SIDE = 4
"""Gates at once: most of the time, each waits for a neighbour that does not answer."""


def run() -> int:
    """Try every cell, write what came of it, and return how many cells were not as they should be."""
    console = Console(stderr=True)
    outcomes: list[Outcome] = []
    with (
        Progress(console=console) as progress,
        ProcessPoolExecutor(SIDE_BY_SIDE, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        task = progress.add_task("endpoints", total=len(ENDPOINTS))
        for done in as_completed([pool.submit(cells, number) for number in range(len(ENDPOINTS))]):
            outcomes += done.result()
            progress.advance(task)
    order = [endpoint.name for endpoint in ENDPOINTS]
    outcomes.sort(key=lambda outcome: order.index(outcome.endpoint))
    RESULTS.write_text("[\n" + ",\n".join(json.dumps(asdict(each)) for each in outcomes) + "\n]\n", encoding="utf-8")
    fill(GUIDE, tables(outcomes))
    bad = [outcome for outcome in outcomes if outcome.wrong]
    for outcome in bad:
        console.print(f"{outcome.endpoint}, {outcome.neighbour}, {outcome.fault}: {'; '.join(outcome.wrong)}")
    console.print(f"{len(outcomes)} cells, {len(bad)} not as they should be")
    return len(bad)


def cells(number: int) -> list[Outcome]:
    """Try all cells of one endpoint, at a gate of its own."""
    # What the function writes is looked at in the trial, and nobody's to read.
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
    with Trial.begin() as trial:
        tried = [trial.put(ENDPOINTS[number], name, fault) for name in NEIGHBOURS for fault in Fault]
    return [outcome for outcome in tried if outcome]


def load() -> list[Outcome]:
    """Return what was found when it was last run in full."""
    return [Outcome(**each) for each in json.loads(RESULTS.read_text(encoding="utf-8"))]


def tables(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Return the guide's tables."""
    return {"faults by endpoint": _by_endpoint(outcomes), "faults by kind": _by_kind(outcomes)}


def _by_endpoint(outcomes: Sequence[Outcome]) -> str:
    lines = ["| | " + " | ".join(NEIGHBOURS) + " |", "|---|" + "---|" * len(NEIGHBOURS)]
    for endpoint in ENDPOINTS:
        told = []
        for name in NEIGHBOURS:
            some = [each for each in outcomes if (each.endpoint, each.neighbour) == (endpoint.name, name)]
            reasons = ", ".join(f"`{reason}`" for reason in sorted({each.reason for each in some} - {""}))
            told.append(f"{reasons or 'as ever'}, {_slowest(some):.1f} s")
        lines.append(f"| {endpoint.name} | " + " | ".join(told) + " |")
    return "\n".join(lines) + "\n"


def _by_kind(outcomes: Sequence[Outcome]) -> str:
    lines = ["| fault | cells | answered as ever | with a reason | slowest answer | not as it should be |"]
    lines.append("|---|---|---|---|---|---|")
    for fault in [*Fault, None]:
        some = [each for each in outcomes if fault is None or each.fault == fault.value]
        as_ever = sum(not each.reason for each in some)
        lines.append(
            f"| {fault.value if fault else '**all**'} | {len(some)} | {as_ever} | {len(some) - as_ever} "
            f"| {_slowest(some):.1f} s | {sum(bool(each.wrong) for each in some)} |"
        )
    return "\n".join(lines) + "\n"


def _slowest(outcomes: Iterable[Outcome]) -> float:
    return max((each.seconds for each in outcomes), default=0.0)
