"""`make rush`: simulates several scenarios and writes the table of docs/trials.md."""

import json
import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.tables import fill
from trials.rush import Scenario, Simulation

ROOT = Path(__file__).parent
RESULTS = ROOT / "rush.json"
GUIDE = ROOT.parent / "docs" / "trials.md"
MAX_RATIO = 1.3
"""The longest that a rush may take, as a multiple of the time that SageMaker's limit alone requires."""

SCENARIOS = {
    "2,000 users in a minute": Scenario(),
    "the same, with a script that sends 20 requests a second": Scenario(script_rate=20),
    "the same, and one user in five closes the page": Scenario(abandon_rate=0.2),
    "2,000 users, 20 URLs a second": Scenario(urls_per_second=20),
    "1,000 users, 2 URLs a second": Scenario(users=1000, urls_per_second=2),
    "20,000 users in a minute, 5 URLs a second": Scenario(users=20_000),
}


def run() -> int:
    """Simulate all scenarios, write the results, and return how many failed."""
    console = Console(stderr=True)
    figures: dict[str, dict[str, Any]] = {}
    with (
        Progress(console=console) as progress,
        ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        task = progress.add_task("scenarios", total=len(SCENARIOS))
        # The longest one first.
        running = {pool.submit(simulate, scenario): name for name, scenario in reversed(SCENARIOS.items())}
        for done in as_completed(running):
            figures[running[done]] = done.result()
            progress.advance(task)
    results = [{"scenario": name, **figures[name]} for name in SCENARIOS]
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    fill(GUIDE, tables(results))
    failed = [each for each in results if not passed(each)]
    for each in results:
        console.print(
            f"{each['scenario']}: {each['ratio']:.2f} times the least possible time, {each['error_pages']} error pages"
        )
    return len(failed)


def load() -> list[dict[str, Any]]:
    """Return the results of the last full run."""
    results: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return results


def simulate(scenario: Scenario) -> dict[str, Any]:
    """Simulate one scenario and return its figures."""
    result = Simulation(scenario).run()
    urls = len(result.launches) + result.script_launches
    # SageMaker allows a burst of one second's URLs, then the rate. Nobody can get in before they arrive.
    minimum = max((urls - scenario.urls_per_second) / scenario.urls_per_second, scenario.arrival_window)
    delays = result.delays
    return {
        "launches": len(result.launches),
        "abandoned": len(result.abandoned),
        "seconds": round(result.seconds, 1),
        "minimum_seconds": round(minimum, 1),
        "ratio": round(result.seconds / minimum, 3),
        "delay_p50": round(delays[len(delays) // 2], 1),
        "delay_p99": round(delays[int(len(delays) * 0.99)], 1),
        "delay_max": round(delays[-1], 1),
        "requests_per_user": round(result.requests / scenario.users, 1),
        "error_pages": result.error_pages,
        "throttled_pages": result.throttled_pages,
        "script_launches": result.script_launches,
    }


def passed(figures: Mapping[str, Any]) -> bool:
    """Return whether the rush took no longer than allowed and nobody saw an error page."""
    return bool(figures["ratio"] <= MAX_RATIO and figures["error_pages"] == 0)


def tables(results: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the table of the guide by name."""
    lines = [
        "| | launches | took | least possible time | ratio | delay against the order of arrival: median, 99 %, longest "
        "| requests a user | error pages |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in results:
        script = f", and {each['script_launches']} by the script" if each["script_launches"] else ""
        lines.append(
            f"| {each['scenario']} | {each['launches']:,}{script} | {each['seconds']:,.0f} s "
            f"| {each['minimum_seconds']:,.0f} s | **{each['ratio']:.2f}** "
            f"| {each['delay_p50']:.0f} s, {each['delay_p99']:.0f} s, {each['delay_max']:.0f} s "
            f"| {each['requests_per_user']} | {each['error_pages']} |"
        )
    return {"rush": "\n".join(lines) + "\n"}
