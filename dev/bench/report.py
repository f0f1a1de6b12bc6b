"""Writes the results: `results.json`, the tables of docs/speed.md, and the plot."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import cost
from bench.contestants import PROFILE
from bench.function import MEMORY
from bench.plot import plot
from bench.tables import fill, table, table_of

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "dev" / "bench" / "results.json"
GUIDE = ROOT / "docs" / "speed.md"
PLOT = ROOT / "docs" / "pictures" / "speed.svg"

MAIN, SLOW = "1", "10"
"""The round-trip times, in milliseconds, of the main tables, and of what depends on how slow AWS is."""
MEMORIES = (256, 512, 1024, 1769)

FIRST_TRIPS, WARM_TRIPS = 5, 2
"""Round trips that no implementation can avoid.

A first launch takes two for the handshakes of TCP and TLS, which overlap between hosts, and then grant, role and URL,
one after the other: each needs what the one before it returned. A warm launch has connections and credentials.
"""


CALLS = {
    "GetSecretValue": "key that proves the cookie",
    "BatchGetItem": "grants",
    "AssumeRole": "role",
    "CreatePresignedNotebookInstanceUrl": "URL",
}
"""What the gate asks AWS for, by operation."""


@dataclass(frozen=True)
class Ratio:
    """A measured value and its target."""

    name: str
    measured: float
    target: float
    at_least: bool = False
    """Whether the target is the smallest acceptable value. Otherwise, it is the largest."""

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        met = self.measured >= self.target if self.at_least else self.measured <= self.target
        return "met" if met else "not met"

    @property
    def target_text(self) -> str:
        """The target in words."""
        return f"at {'least' if self.at_least else 'most'} {self.target}"


def write(results: dict[str, Any]) -> None:
    """Write `results` to `results.json`, docs/speed.md and the plot."""
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    fill(GUIDE, tables(results))
    plot(_contestants(results, MAIN), PLOT)


def tables(results: dict[str, Any]) -> dict[str, str]:
    """Return the tables of docs/speed.md by name."""
    return {
        "figures": _figures(results),
        "latency": _latency(results),
        "ratios": _ratios(results),
        "profile": _profile(results),
        "above": _above(results),
        "calls": _calls(results),
        "lists": _lists(results),
        "memory": _memory(results),
        "cost": _cost(results),
        "grants": _grants(results),
    }


def ratios(results: dict[str, Any]) -> list[Ratio]:
    """Return all measured ratios with their targets."""
    found = results["round_trips"][MAIN]
    slow = results["round_trips"][SLOW]["gate"]
    first_limit, warm_limit = FIRST_TRIPS * int(SLOW), WARM_TRIPS * int(SLOW)
    gate, few, many = found["gate"], results["grants"]["1000"], results["grants"]["1000000"]

    def relative(figure: str, reference: str) -> float:
        return float(gate[figure] / found[reference][figure])

    return [
        Ratio("first answer from a snapshot, with round trips of 10 ms, relative to the limit",
              slow["snapshot_ms"] / first_limit, 1.3),
        Ratio(f"the same, with {MEMORY} MB", cost.first_answer_ms(slow, MEMORY) / first_limit, 1.3),
        Ratio("warm answer, with round trips of 10 ms, relative to the limit", slow["warm_ms"] / warm_limit, 1.15),
        Ratio(f"the same, with {MEMORY} MB",
              cost.answer_ms(slow["warm_ms"], slow["warm_cpu_ms"], MEMORY) / warm_limit, 1.15),
        Ratio("CPU of the first answer from a snapshot, relative to plain-pyc",
              relative("snapshot_cpu_ms", "plain-pyc"), 0.25),
        Ratio("first answer from a snapshot, relative to plain-pyc", relative("snapshot_ms", "plain-pyc"), 0.3),
        Ratio("first answer after a cold start, relative to plain", relative("first_response_ms", "plain"), 0.3),
        Ratio("the same, relative to plain-pyc", relative("first_response_ms", "plain-pyc"), 0.55),
        Ratio("TLS handshakes of a first launch: their sum, relative to the time that they take together",
              gate["handshake_overlap"], 2, at_least=True),
        Ratio("CPU with a million grants, relative to a thousand", many["warm_cpu_ms"] / few["warm_cpu_ms"], 1.1),
        Ratio("peak memory, relative to plain", relative("peak_mb", "plain"), 0.7),
        Ratio("bundle, in MB", gate["bundle_mb"], 12.1),
    ]  # fmt: skip


def _contestants(results: dict[str, Any], round_trip: str) -> dict[str, dict[str, float]]:
    return {name: each for name, each in results["round_trips"][round_trip].items() if name != PROFILE}


def _figures(results: dict[str, Any]) -> str:
    columns = {
        "": "**{name}**: {description}",
        "start": "{init_ms:.0f} ms",
        "first answer after a cold start": "{first_response_ms:.0f} ms",
        "first answer from a snapshot": "{snapshot_ms:.0f} ms",
        "CPU of that": "{snapshot_cpu_ms:.0f} ms",
        f"that at {MEMORY} MB": "{with_memory:.0f} ms",
        "warm": "{warm_ms:.1f} ms",
        "CPU warm": "{warm_cpu_ms:.2f} ms",
        "peak memory": "{peak_mb:.0f} MB",
        "bundle": "{bundle_mb:.1f} MB",
        "AWS calls, first and warm": "{first_aws_calls:.0f}, {aws_calls:.0f}",
    }
    return table_of(columns, (
        {**each, "name": name, "description": results["descriptions"][name],
         "with_memory": cost.first_answer_ms(each, MEMORY)}
        for name, each in _contestants(results, MAIN).items()
    ))  # fmt: skip


def _latency(results: dict[str, Any]) -> str:
    times = sorted(results["round_trips"], key=int)
    head = ["", *(f"from a snapshot, {each} ms" for each in times), *(f"warm, {each} ms" for each in times)]
    limits = [f"{FIRST_TRIPS * int(each)} ms" for each in times], [f"{WARM_TRIPS * int(each)} ms" for each in times]
    rows = [["*limit*", *limits[0], *limits[1]]]
    for name in _contestants(results, SLOW):
        found = [results["round_trips"][each].get(name) for each in times]
        snapshot = [f"{each['snapshot_ms']:.0f} ms" if each else "" for each in found]
        rows.append([name, *snapshot, *(f"{each['warm_ms']:.1f} ms" if each else "" for each in found)])
    return table(head, rows)


def _ratios(results: dict[str, Any]) -> str:
    rows = [
        [each.name, f"{each.measured:.2f}", each.target_text, each.verdict.replace("not met", "**not met**")]
        for each in ratios(results)
    ]
    return table(["", "measured", "target", ""], rows)


def _profile(results: dict[str, Any]) -> str:
    found = results["round_trips"][MAIN]
    columns = {"": "{name}", "start": "{init_ms:.0f} ms", "CPU warm": "{warm_cpu_ms:.2f} ms"}
    return table_of(columns, ({**found[name], "name": name} for name in ("floor", PROFILE, "gate")))


def _above(results: dict[str, Any]) -> str:
    """Return what takes the time of a first and a warm answer, with slow round trips."""
    found, limits = results["round_trips"][SLOW], (FIRST_TRIPS * int(SLOW), WARM_TRIPS * int(SLOW))
    gate, floor, libraries = found["gate"], found["floor"], found[PROFILE]
    rows: list[tuple[str, float | None, float]] = [
        ("the limit", *limits),
        ("what an empty handler takes", floor["snapshot_ms"], floor["warm_ms"]),
        ("CPU time of the gate and its libraries", gate["snapshot_cpu_ms"] - floor["snapshot_cpu_ms"],
         gate["warm_cpu_ms"] - floor["warm_cpu_ms"]),
        ("the whole answer (CPU time and waiting overlap)", gate["snapshot_ms"], gate["warm_ms"]),
        ("the libraries alone, without the gate", None, libraries["warm_ms"]),
    ]  # fmt: skip
    cells = [[name, *("" if value is None else f"{value:.1f} ms" for value in values)] for name, *values in rows]
    return table(["", "first answer from a snapshot", "warm"], cells)


def _calls(results: dict[str, Any]) -> str:
    """Return when the AWS calls of a first and a warm answer arrive at AWS and are answered. A first one makes all."""
    first, warm = ({name: times for name, *times in results["calls"][answer]} for answer in ("first", "warm"))
    gate = results["round_trips"][SLOW]["gate"]
    rows = [
        [CALLS[name], *(f"{time:.1f} ms" for time in first[name]), *(f"{time:.1f} ms" for time in warm.get(name, []))]
        for name in first
    ]
    rows.append(["the redirect", "", f"{gate['snapshot_ms']:.1f} ms", "", f"{gate['warm_ms']:.1f} ms"])
    head = ["", "first: arrives", "is answered", "warm: arrives", "is answered"]
    return table(head, (row + [""] * (len(head) - len(row)) for row in rows))


def _lists(results: dict[str, Any]) -> str:
    found, trip = results["list"], int(SLOW)
    rows = [
        ["first", f"{FIRST_TRIPS * trip} ms", f"{found['snapshot_ms']:.0f} ms", f"{found['snapshot_cpu_ms']:.0f} ms",
         f"{found['first_aws_calls']:.0f}"],
        ["warm", f"{WARM_TRIPS * trip} ms", f"{found['warm_ms']:.0f} ms", f"{found['warm_cpu_ms']:.0f} ms",
         f"{found['aws_calls']:.0f}"],
    ]  # fmt: skip
    return table(["a list of 20 notebooks", "limit", "answer", "CPU", "AWS calls"], rows)


def _memory(results: dict[str, Any]) -> str:
    times = (MAIN, SLOW)
    head = ["memory", *(f"first answer, {each} ms" for each in times), "cost of a thousand first launches",
            "cost of the snapshot in a month"]  # fmt: skip
    gates = [results["round_trips"][each]["gate"] for each in times]
    rows = [
        [
            f"{memory} MB",
            *(f"{cost.first_answer_ms(gate, memory):.0f} ms" for gate in gates),
            f"{cost.cost_of_a_thousand_first_launches(gates[-1], memory):.3f}",
            f"{cost.snapshot_cost_of_a_month(memory):.2f}",
        ]
        for memory in MEMORIES
    ]
    return table(head, rows)


def _cost(results: dict[str, Any]) -> str:
    rows = [
        [name, *(f"{cost.cost_of_a_million(each, memory):.2f}" for memory in MEMORIES)]
        for name, each in _contestants(results, SLOW).items()
    ]
    return table(["", *(f"{memory} MB" for memory in MEMORIES)], rows)


def _grants(results: dict[str, Any]) -> str:
    columns = {"grants": "{number:,}", "warm": "{warm_ms:.1f} ms", "CPU warm": "{warm_cpu_ms:.2f} ms",
               "AWS calls": "{aws_calls:.0f}"}  # fmt: skip
    return table_of(columns, ({**each, "number": int(number)} for number, each in results["grants"].items()))
