"""`make faults`: all combinations, with the real remaining time of Lambda, and the tables of docs/trials.md."""

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
from trials.dependency_proxy import Fault, faults_of
from trials.endpoints import ENDPOINTS
from trials.faults import DEPENDENCIES, FaultInjector, FaultResult

ROOT = Path(__file__).parent
RESULTS = ROOT / "faults.json"
GUIDE = ROOT.parent / "docs" / "trials.md"

WORKERS = 4
"""Deployments in parallel. Most of the time, each waits for a dependency that does not answer."""


def run() -> int:
    """Run all combinations, write the results, and return how many failed."""
    console = Console(stderr=True)
    results: list[FaultResult] = []
    with (
        Progress(console=console) as progress,
        ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        task = progress.add_task("endpoints", total=len(ENDPOINTS))
        for done in as_completed([pool.submit(run_endpoint, number) for number in range(len(ENDPOINTS))]):
            results += done.result()
            progress.advance(task)
    order = [endpoint.name for endpoint in ENDPOINTS]
    results.sort(key=lambda result: order.index(result.endpoint))
    RESULTS.write_text("[\n" + ",\n".join(json.dumps(asdict(each)) for each in results) + "\n]\n", encoding="utf-8")
    fill(GUIDE, tables(results))
    failed = [result for result in results if result.violations]
    for result in failed:
        console.print(f"{result.endpoint}, {result.dependency}, {result.fault}: {'; '.join(result.violations)}")
    console.print(f"{len(results)} combinations, {len(failed)} failed")
    return len(failed)


def run_endpoint(number: int) -> list[FaultResult]:
    """Run all combinations of the endpoint `ENDPOINTS[number]`, at a deployment of its own."""
    # The trial itself records what the function writes.
    with open(os.devnull, "w") as devnull:  # noqa: PTH123
        os.dup2(devnull.fileno(), 1)
    with FaultInjector.running() as injector:
        results = [
            injector.inject(ENDPOINTS[number], name, fault) for name in DEPENDENCIES for fault in faults_of(name)
        ]
    return [result for result in results if result]


def load() -> list[FaultResult]:
    """Return the results of the last full run."""
    return [FaultResult(**each) for each in json.loads(RESULTS.read_text(encoding="utf-8"))]


def tables(results: Sequence[FaultResult]) -> dict[str, str]:
    """Return the tables of the guide by name."""
    return {"faults by endpoint": _by_endpoint(results), "faults by kind": _by_kind(results)}


def _by_endpoint(results: Sequence[FaultResult]) -> str:
    lines = ["| | " + " | ".join(DEPENDENCIES) + " |", "|---|" + "---|" * len(DEPENDENCIES)]
    for endpoint in ENDPOINTS:
        cells = []
        for name in DEPENDENCIES:
            some = [each for each in results if (each.endpoint, each.dependency) == (endpoint.name, name)]
            reasons = ", ".join(f"`{reason}`" for reason in sorted({each.reason for each in some} - {""}))
            cells.append(f"{reasons or 'unaffected'}, {_slowest(some):.1f} s")
        lines.append(f"| {endpoint.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _by_kind(results: Sequence[FaultResult]) -> str:
    lines = ["| fault | combinations | unaffected | error with a reason | slowest response | failed |"]
    lines.append("|---|---|---|---|---|---|")
    for fault in [*Fault, None]:
        some = [each for each in results if fault is None or each.fault == fault.value]
        unaffected = sum(not each.reason for each in some)
        lines.append(
            f"| {fault.value if fault else '**all**'} | {len(some)} | {unaffected} | {len(some) - unaffected} "
            f"| {_slowest(some):.1f} s | {sum(bool(each.violations) for each in some)} |"
        )
    return "\n".join(lines) + "\n"


def _slowest(results: Iterable[FaultResult]) -> float:
    return max((each.seconds for each in results), default=0.0)
