"""`make bench`: measures all contestants in one run, and writes what it found."""

import argparse
import platform
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import report
from bench.contestants import PROFILE, contestants
from bench.emulator import Runtime
from bench.measure import FakeAws, Measurement
from infra.bundle import ROOT, install, runtime_python

EMULATOR = ROOT / "bench" / "emulator.txt"
SLOW = 0.03
"""Seconds that are added to each call, the second time."""


def main() -> None:
    """Measure, and write."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--cold", type=int, default=11, help="starts of each contestant")
    parser.add_argument("--warm", type=int, default=500, help="warm requests to each")
    given = parser.parse_args()
    console = Console(stderr=True)
    machine = platform.machine()
    with tempfile.TemporaryDirectory() as folder, console.status("installing AWS's emulator") as status:
        runtime = _runtime(Path(folder), machine)
        built = {}
        for contestant in contestants():
            status.update(f"putting {contestant.name} together")
            built[contestant] = Path(folder) / contestant.name
            contestant.build(built[contestant], f"{machine}-manylinux2014", str(runtime.python))
        logs = Path(folder) / "logs"
        logs.mkdir()
        measurement = Measurement(runtime, built, logs, status.update)
        gate = next(each for each in built if each.name == "gate")
        with FakeAws.serving(grants=1000, delays=[0, SLOW]) as (at_once, slow):
            figures = measurement.run(at_once, cold=given.cold, warm=given.warm)
            results: dict[str, Any] = {
                "contestants": figures,
                "profile": {PROFILE: figures.pop(PROFILE)},
                "with_30_ms_a_call": measurement.run(slow, cold=given.cold, warm=given.warm),
                "grants": {"1000": measurement.strangers(gate, at_once, 1000, warm=given.warm)},
            }
        status.update("a million grants")
        with FakeAws.serving(grants=1_000_000, delays=[0]) as (at_once,):
            results["grants"]["1000000"] = measurement.strangers(gate, at_once, 1_000_000, warm=given.warm)
    told = {each.name: each.told for each in built}
    report.write({**results, "told": told, "machine": f"{machine}, Python {platform.python_version()}"})
    for name, (measured, most) in report.ratios(results).items():
        good = measured <= most
        console.print(f"{'reached    ' if good else 'NOT REACHED'} {name}: {measured:.2f} (wanted: {most} at most)")


def _runtime(folder: Path, machine: str) -> Runtime:
    python = runtime_python()
    if python is None or sys.platform != "linux":
        sys.exit("The bench needs Python 3.13, which the function runs on, and Linux, which Lambda runs on.")
    client, emulator = folder / "runtime", folder / "emulator"
    install(client, group="runtime", platform=f"{machine}-manylinux2014")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run([*command, "--target", str(emulator), "--requirements", str(EMULATOR)], check=True)
    kind = {"x86_64": "x86_64", "aarch64": "arm64"}[machine]
    binary = emulator / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{kind}"
    binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    # The interpreter itself, not this environment's: contestants bring all that they import.
    return Runtime(binary, Path(python).resolve(), client)


if __name__ == "__main__":
    main()
