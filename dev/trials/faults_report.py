"""`make faults`: all combinations, with the real remaining time of Lambda, and the tables of docs/trials.md."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from bench.tables import table
from trials.dependency_proxy import Fault, faults_of
from trials.endpoints import ENDPOINTS
from trials.faults import DEPENDENCIES, FaultInjector, FaultResult
from trials.results import CONSOLE, load, run_all, store

WORKERS = 4
"""Deployments in parallel. Most of the time, each waits for a dependency that does not answer."""


def run() -> int:
    """Run all combinations, write the results, and return how many failed."""
    of_endpoints = run_all(run_endpoint, range(len(ENDPOINTS)), workers=WORKERS)
    results = [result for found in of_endpoints for result in found]
    store("faults", [asdict(each) for each in results], tables(results))
    failed = [result for result in results if result.violations]
    for result in failed:
        CONSOLE.print(f"{result.endpoint}, {result.dependency}, {result.fault}: {'; '.join(result.violations)}")
    CONSOLE.print(f"{len(results)} combinations, {len(failed)} failed")
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


def stored() -> list[FaultResult]:
    """Return the results of the last full run."""
    return [FaultResult(**each) for each in load("faults")]


def tables(results: Sequence[FaultResult]) -> dict[str, str]:
    """Return the tables of the guide by name."""
    return {"faults by endpoint": _by_endpoint(results), "faults by kind": _by_kind(results)}


def _by_endpoint(results: Sequence[FaultResult]) -> str:
    rows = []
    for endpoint in ENDPOINTS:
        cells = []
        for name in DEPENDENCIES:
            some = [each for each in results if (each.endpoint, each.dependency) == (endpoint.name, name)]
            reasons = ", ".join(f"`{reason}`" for reason in sorted({each.reason for each in some} - {""}))
            cells.append(f"{reasons or 'unaffected'}, {_slowest(some)}")
        rows.append([endpoint.name, *cells])
    return table(["", *DEPENDENCIES], rows)


def _by_kind(results: Sequence[FaultResult]) -> str:
    rows = []
    for name in [*Fault, "**all**"]:
        some = [each for each in results if name in (each.fault, "**all**")]
        unaffected = sum(not each.reason for each in some)
        failed = sum(bool(each.violations) for each in some)
        numbers = [len(some), unaffected, len(some) - unaffected]
        rows.append([name, *map(str, numbers), _slowest(some), str(failed)])
    head = ["fault", "combinations", "unaffected", "error with a reason", "slowest response", "failed"]
    return table(head, rows)


def _slowest(results: Iterable[FaultResult]) -> str:
    return f"{max((each.seconds for each in results), default=0.0):.1f} s"
