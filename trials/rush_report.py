"""`make rush`: plays several mornings, and writes the table of docs/trials.md."""

import json
import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.tables import fill
from trials.rush import Morning, Rush

ROOT = Path(__file__).parent
RESULTS = ROOT / "rush.json"
GUIDE = ROOT.parent / "docs" / "trials.md"
MOST = 1.3
"""Times what the limit itself takes."""

MORNINGS = {
    "2,000 people in a minute": Morning(),
    "the same, beside a script that asks 20 times a second": Morning(script=20),
    "the same, and every fifth closes the page": Morning(leave=0.2),
    "2,000 people, 20 URLs a second": Morning(urls_per_second=20),
    "1,000 people, 2 URLs a second": Morning(people=1000, urls_per_second=2),
    "20,000 people in a minute, 5 URLs a second": Morning(people=20_000),
}


def run() -> int:
    """Play all mornings, write what came of them, and return how many did not go as they should."""
    console = Console(stderr=True)
    found: dict[str, dict[str, Any]] = {}
    with (
        Progress(console=console) as progress,
        ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        task = progress.add_task("mornings", total=len(MORNINGS))
        # The long one first.
        playing = {pool.submit(play, morning): name for name, morning in reversed(MORNINGS.items())}
        for done in as_completed(playing):
            found[playing[done]] = done.result()
            progress.advance(task)
    results = [{"morning": name, **found[name]} for name in MORNINGS]
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    fill(GUIDE, tables(results))
    bad = [each for each in results if not went_well(each)]
    for each in results:
        console.print(
            f"{each['morning']}: {each['ratio']:.2f} times what the limit takes, {each['error_pages']} error pages"
        )
    return len(bad)


def load() -> list[dict[str, Any]]:
    """Return what was found when it was last run in full."""
    found: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def play(morning: Morning) -> dict[str, Any]:
    """Play one morning, and return its figures."""
    course = Rush(morning).play()
    urls = len(course.went_in) + course.script_urls
    # As many at once as there are in a second, and then so many a second; nobody can go in before they come.
    limit = max((urls - morning.urls_per_second) / morning.urls_per_second, morning.within)
    late = course.overtaken
    return {
        "in": len(course.went_in),
        "left": len(course.left),
        "seconds": round(course.seconds, 1),
        "limit": round(limit, 1),
        "ratio": round(course.seconds / limit, 3),
        "late_p50": round(late[len(late) // 2], 1),
        "late_p99": round(late[int(len(late) * 0.99)], 1),
        "late_most": round(late[-1], 1),
        "requests": round(course.requests / morning.people, 1),
        "error_pages": course.error_pages,
        "busy_pages": course.busy_pages,
        "script_urls": course.script_urls,
    }


def went_well(each: Mapping[str, Any]) -> bool:
    """Tell whether everybody got in, in time, and saw no error page."""
    return bool(each["ratio"] <= MOST and each["error_pages"] == 0)


def tables(results: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the guide's table."""
    lines = [
        "| | went in | took | the limit takes | ratio | later than by the order of arrival: median, 99 %, most "
        "| requests a person | error pages |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in results:
        more = f", the script {each['script_urls']} times" if each["script_urls"] else ""
        lines.append(
            f"| {each['morning']} | {each['in']:,}{more} | {each['seconds']:,.0f} s | {each['limit']:,.0f} s "
            f"| **{each['ratio']:.2f}** "
            f"| {each['late_p50']:.0f} s, {each['late_p99']:.0f} s, {each['late_most']:.0f} s "
            f"| {each['requests']} | {each['error_pages']} |"
        )
    return {"rush": "\n".join(lines) + "\n"}
