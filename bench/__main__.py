"""`make bench`: measures all contestants in one run and writes the results."""

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
LATENCY = 0.03
"""Seconds that AWS takes for each call in the second measurement."""


def main() -> None:
    """Measure all contestants and write the results."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--cold", type=int, default=11, help="cold starts of each contestant")
    parser.add_argument("--warm", type=int, default=500, help="warm requests to each contestant")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    machine = platform.machine()
    with tempfile.TemporaryDirectory() as folder, console.status("installing the runtime interface emulator") as status:
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
        with FakeAws.serving(grants=1000, delays=[0, LATENCY]) as (fast_aws, slow_aws):
            figures = measurement.run(fast_aws, cold=arguments.cold, warm=arguments.warm)
            results: dict[str, Any] = {
                "contestants": figures,
                "profile": {PROFILE: figures.pop(PROFILE)},
                "with_30_ms_a_call": measurement.run(slow_aws, cold=arguments.cold, warm=arguments.warm),
                "grants": {"1000": measurement.measure_distinct_callers(gate, fast_aws, 1000, warm=arguments.warm)},
            }
        status.update("a million grants")
        with FakeAws.serving(grants=1_000_000, delays=[0]) as (fast_aws,):
            results["grants"]["1000000"] = measurement.measure_distinct_callers(
                gate, fast_aws, 1_000_000, warm=arguments.warm
            )
    descriptions = {each.name: each.description for each in built}
    report.write({**results, "descriptions": descriptions, "machine": f"{machine}, Python {platform.python_version()}"})
    for name, (measured, target) in report.ratios(results).items():
        verdict = "met    " if measured <= target else "NOT MET"
        console.print(f"{verdict} {name}: {measured:.2f} (target: at most {target})")


def _runtime(folder: Path, machine: str) -> Runtime:
    python = runtime_python()
    if python is None or sys.platform != "linux":
        sys.exit("The benchmark needs Python 3.13, the version of the function, and Linux.")
    client, emulator = folder / "runtime", folder / "emulator"
    install(client, group="runtime", platform=f"{machine}-manylinux2014")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run([*command, "--target", str(emulator), "--requirements", str(EMULATOR)], check=True)
    architecture = {"x86_64": "x86_64", "aarch64": "arm64"}[machine]
    binary = emulator / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{architecture}"
    binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    # The base interpreter, not this virtual environment: contestants bundle everything that they import.
    return Runtime(binary, Path(python).resolve(), client)


if __name__ == "__main__":
    main()
