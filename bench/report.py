"""Writes the results: `results.json`, the tables of docs/speed.md, and the plot."""

import json
from pathlib import Path
from typing import Any

from bench.cost import cost_of_a_million
from bench.tables import fill

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results.json"
GUIDE = ROOT / "docs" / "speed.md"
PLOT = ROOT / "docs" / "pictures" / "speed.svg"
MEMORIES = (256, 512, 1024)

TARGETS: dict[str, tuple[str, str, str, float]] = {
    "start, relative to plain": ("init_ms", "gate", "plain", 0.35),
    "start, relative to plain-pyc": ("init_ms", "gate", "plain-pyc", 0.6),
    "start, relative to floor": ("init_ms", "gate", "floor", 2.5),
    "CPU of a warm request, relative to bare": ("warm_cpu_ms", "gate", "bare", 1.5),
    "first response, relative to plain": ("first_response_ms", "gate", "plain", 0.4),
    "peak memory, relative to plain": ("peak_mb", "gate", "plain", 0.7),
}
"""Ratio: the figure, the contestant, the one that it is compared with, and the largest ratio that meets the target."""
MAX_BUNDLE_MB = 12
"""Zipped."""


def write(results: dict[str, Any]) -> None:
    """Write `results` to `results.json`, docs/speed.md and the plot."""
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    fill(GUIDE, {name: table(results) for name, table in TABLES.items()})
    _plot(results["contestants"])


def ratios(results: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Return each measured ratio and its target, the largest value that is acceptable."""
    found = results["contestants"]
    measured = {
        name: (found[contestant][figure] / found[reference][figure], target)
        for name, (figure, contestant, reference, target) in TARGETS.items()
    }
    few, many = results["grants"]["1000"], results["grants"]["1000000"]
    measured["CPU with a million grants, relative to a thousand"] = (many["warm_cpu_ms"] / few["warm_cpu_ms"], 1.1)
    measured["bundle, in MB"] = (found["gate"]["bundle_mb"], MAX_BUNDLE_MB)
    return measured


def _figures(results: dict[str, Any]) -> str:
    lines = [
        "| | start | first response | warm | CPU warm | peak memory | bundle | AWS calls, first and warm | "
        "first response and warm, at 30 ms a call |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, each in results["contestants"].items():
        slow = results["with_30_ms_a_call"][name]
        lines.append(
            f"| **{name}**: {results['descriptions'][name]} "
            f"| {each['init_ms']:.0f} ms | {each['first_response_ms']:.0f} ms "
            f"| {each['warm_ms']:.1f} ms | {each['warm_cpu_ms']:.2f} ms | {each['peak_mb']:.0f} MB "
            f"| {each['bundle_mb']:.1f} MB | {each['first_aws_calls']:.0f}, {each['aws_calls']:.0f} "
            f"| {slow['first_response_ms']:.0f} ms, {slow['warm_ms']:.0f} ms |"
        )
    return "\n".join(lines) + "\n"


def _ratios(results: dict[str, Any]) -> str:
    lines = ["| | measured | target | |", "|---|---|---|---|"]
    for name, (measured, target) in ratios(results).items():
        lines.append(f"| {name} | {measured:.2f} | {target} | {'met' if measured <= target else '**not met**'} |")
    return "\n".join(lines) + "\n"


def _profile(results: dict[str, Any]) -> str:
    found = {**results["contestants"], **results["profile"]}
    lines = ["| | start | CPU warm |", "|---|---|---|"]
    for name in ("floor", "libraries", "gate"):
        lines.append(f"| {name} | {found[name]['init_ms']:.0f} ms | {found[name]['warm_cpu_ms']:.2f} ms |")
    return "\n".join(lines) + "\n"


def _cost(results: dict[str, Any]) -> str:
    lines = [f"| | {' | '.join(f'{memory} MB' for memory in MEMORIES)} |", "|---|---|---|---|"]
    for name in results["contestants"]:
        each = results["with_30_ms_a_call"][name]
        costs = " | ".join(f"{cost_of_a_million(each, memory):.2f}" for memory in MEMORIES)
        lines.append(f"| {name} | {costs} |")
    return "\n".join(lines) + "\n"


def _grants(results: dict[str, Any]) -> str:
    lines = ["| grants | warm | CPU warm | AWS calls |", "|---|---|---|---|"]
    for number, each in results["grants"].items():
        lines.append(
            f"| {int(number):,} | {each['warm_ms']:.1f} ms | {each['warm_cpu_ms']:.2f} ms | {each['aws_calls']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def _plot(found: dict[str, dict[str, float]]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "notebook-gate"
    from matplotlib import pyplot as plt

    names = list(found)
    colours = ["#0f766e" if name == "gate" else "#94a3b8" for name in names]
    shown = (("init_ms", "start (ms)"), ("first_response_ms", "first response (ms)"),
             ("warm_cpu_ms", "CPU of a warm request (ms)"), ("peak_mb", "peak memory (MB)"))  # fmt: skip
    figure, axes = plt.subplots(1, len(shown), figsize=(13, 2.6), sharey=True)
    for axis, (key, title) in zip(axes, shown, strict=True):
        values = [found[name][key] for name in names]
        bars = axis.barh(names, values, color=colours)
        axis.bar_label(bars, fmt="%.3g", padding=3, fontsize=8)
        axis.set_title(title, fontsize=10)
        axis.set_xlim(0, max(values) * 1.25)
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.set_xticks([])
    axes[0].invert_yaxis()
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


TABLES = {"figures": _figures, "ratios": _ratios, "profile": _profile, "cost": _cost, "grants": _grants}
"""The tables of docs/speed.md by name."""
