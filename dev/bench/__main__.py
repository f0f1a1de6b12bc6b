"""`make bench`: measures all contestants in one run and writes the results."""

import argparse
import platform
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench import report
from bench.contestants import PROFILE, Contestant, contestants
from bench.function import Runtime
from bench.measure import Measurement
from bench.stub import Certificates, FakeAws
from infra.bundle import ROOT, install, runtime_python

GRANTS = (1000, 1_000_000)
GRANT_TURNS = 3
"""Measurements for each number of grants, in turns. Two processes of the same code can differ by a tenth."""
HOOKS = ROOT / "dev" / "bench" / "hooks"
ROUND_TRIPS = {
    1: (),
    0: ("floor", "bare", "plain-pyc", "gate"),
    10: ("floor", "bare", "plain-pyc", "gate", PROFILE),
    30: ("floor", "bare", "gate"),
}
"""The round-trip times in milliseconds, each with the contestants; none for all."""


def main() -> None:
    """Measure all contestants and write the results."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--cold", type=int, default=7, help="cold starts of each contestant, at most")
    parser.add_argument("--warm", type=int, default=120, help="warm requests to each contestant, at most")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    machine = platform.machine()
    with tempfile.TemporaryDirectory() as folder, console.status("installing the runtime interface client") as status:
        runtime = _runtime(Path(folder), machine)
        built = {}
        for contestant in contestants():
            status.update(f"building {contestant.name}")
            built[contestant] = Path(folder) / contestant.name
            contestant.build(built[contestant], f"{machine}-manylinux2014", str(runtime.python))
        logs = Path(folder) / "logs"
        logs.mkdir()
        measurement = Measurement(runtime, built, logs, status.update)
        gate = next(each for each in built if each.name == "gate")
        certificates = Certificates.write(Path(folder))
        results = {
            "round_trips": _by_round_trip(measurement, certificates, arguments.cold, arguments.warm),
            "grants": _by_grants(measurement, certificates, gate, arguments.warm),
        }
    descriptions = {each.name: each.description for each in built}
    report.write({**results, "descriptions": descriptions, "machine": f"{machine}, Python {platform.python_version()}"})
    for ratio in report.ratios(results):
        line = f"{ratio.verdict}: {ratio.name}: {ratio.measured:.2f} (target: {ratio.target_text})"
        console.print(line, soft_wrap=True)


def _by_round_trip(
    measurement: Measurement, certificates: Certificates, cold: int, warm: int
) -> dict[str, dict[str, dict[str, float]]]:
    found = {}
    with FakeAws.serving(certificates, grants=1000, round_trips=[each / 1000 for each in ROUND_TRIPS]) as ports:
        for (milliseconds, only), aws in zip(ROUND_TRIPS.items(), ports, strict=True):
            found[str(milliseconds)] = measurement.run(aws, cold=cold, warm=warm, only=only)
    return found


def _by_grants(
    measurement: Measurement, certificates: Certificates, gate: Contestant, warm: int
) -> dict[str, dict[str, float]]:
    found: dict[int, list[dict[str, float]]] = {grants: [] for grants in GRANTS}
    for _ in range(GRANT_TURNS):
        for grants, figures in found.items():
            with FakeAws.serving(certificates, grants=grants, round_trips=[int(report.MAIN) / 1000]) as (aws,):
                figures.append(measurement.measure_distinct_callers(gate, aws, grants, warm=warm))
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
