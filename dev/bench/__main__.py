"""`make bench`: measures all contestants in one run and writes the results."""

import argparse
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import report
from bench.contestants import PROFILE, Contestant, contestants
from bench.function import Runtime
from bench.measure import Measurement, Setting, calls_of, summary
from bench.stub import Certificates, FakeAws
from infra.bundle import ROOT, install, runtime_python

GRANTS = (1000, 1_000_000)
GRANT_TURNS = 3
"""Measurements for each number of grants, in turns. Two processes of the same code can differ by a tenth."""
HOOKS = ROOT / "dev" / "bench" / "hooks"
ROUND_TRIPS = {
    1: (),
    0: ("floor", "bare", "gate"),
    10: ("floor", "bare", "plain-pyc", "gate", PROFILE),
    30: ("floor", "bare", "gate"),
}
"""The round-trip times in milliseconds, each with the contestants; none for all."""
COLD = (1, 10)
"""The round-trip times, in milliseconds, with which cold starts are measured, too."""


def main() -> None:
    """Measure all contestants and write the results."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--turns", type=int, default=10, help="starts of each contestant, at most")
    parser.add_argument("--warm", type=int, default=120, help="warm requests to each contestant, at most")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    machine = platform.machine()
    with tempfile.TemporaryDirectory() as folder, console.status("installing the runtime interface client") as status:
        runtime = _runtime(Path(folder), machine)
        by_name = {each.name: each for each in contestants()}
        built = {name: Path(folder) / name for name in by_name}
        for name, contestant in by_name.items():
            status.update(f"building {name}")
            contestant.build(built[name], f"{machine}-manylinux2014", str(runtime.python))
        logs = Path(folder) / "logs"
        logs.mkdir()
        measurement = Measurement(runtime, built, logs, status.update)
        certificates = Certificates.write(Path(folder))
        results = {
            **_by_round_trip(measurement, certificates, by_name, arguments.turns, arguments.warm),
            "grants": _by_grants(measurement, certificates, by_name["gate"], arguments.warm),
        }
    descriptions = {name: each.description for name, each in by_name.items()}
    report.write({**results, "descriptions": descriptions, "machine": f"{machine}, Python {platform.python_version()}"})
    for ratio in report.ratios(results):
        line = f"{ratio.verdict}: {ratio.name}: {ratio.measured:.2f} (target: {ratio.target_text})"
        console.print(line, soft_wrap=True)


def _by_round_trip(
    measurement: Measurement, certificates: Certificates, contestants: Mapping[str, Contestant], turns: int, warm: int
) -> dict[str, Any]:
    """Return the figures by round-trip time and contestant, those of the list, and the calls of the gate's answers."""
    with FakeAws.serving(certificates, grants=1000, round_trips=[each / 1000 for each in ROUND_TRIPS]) as ports:
        aws = dict(zip(ROUND_TRIPS, ports, strict=True))
        settings = {
            (milliseconds, name): Setting(contestants[name], aws[milliseconds], cold=milliseconds in COLD)
            for milliseconds, only in ROUND_TRIPS.items()
            for name in only or contestants
        }
        slow = int(report.SLOW)
        listing = Setting(contestants["gate"].listing(), aws[slow], cold=False)
        found = measurement.run([*settings.values(), listing], turns=turns, warm=warm)
    gate = found[settings[slow, "gate"]]
    return {
        "round_trips": {
            str(milliseconds): {
                name: summary(found[each]) for (of_each, name), each in settings.items() if of_each == milliseconds
            }
            for milliseconds in ROUND_TRIPS
        },
        "list": summary(found[listing]),
        "calls": {answer: calls_of(gate, answer) for answer in ("first", "warm")},
    }


def _by_grants(
    measurement: Measurement, certificates: Certificates, gate: Contestant, warm: int
) -> dict[str, dict[str, float]]:
    found: dict[int, list[dict[str, float]]] = {grants: [] for grants in GRANTS}
    round_trips = [int(report.MAIN) / 1000]
    for _ in range(GRANT_TURNS):
        with ExitStack() as stack:
            serving = {
                grants: stack.enter_context(FakeAws.serving(certificates, grants=grants, round_trips=round_trips))
                for grants in GRANTS
            }
            ports = {grants: aws for grants, (aws,) in serving.items()}
            for grants, samples in measurement.measure_distinct_callers(gate, ports, warm=warm).items():
                found[grants].append(summary(samples))
    return {
        str(grants): {name: statistics.median(each[name] for each in figures) for name in figures[0]}
        for grants, figures in found.items()
    }


def _runtime(folder: Path, machine: str) -> Runtime:
    python = runtime_python()
    if python is None or sys.platform != "linux":
        sys.exit("The benchmark needs Python 3.13, the version of the function, and Linux.")
    client = folder / "runtime"
    install(client, group="runtime", platform=f"{machine}-manylinux2014")
    shutil.copytree(HOOKS, client, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    # The base interpreter, not this virtual environment: contestants bundle everything that they import.
    return Runtime(Path(python).resolve(), client)


if __name__ == "__main__":
    main()
