"""Draws the plot of docs/speed.md."""

from collections.abc import Mapping
from pathlib import Path


def plot(found: Mapping[str, Mapping[str, float]], target: Path) -> None:
    """Draw the figures of each contestant, `found`, to the file `target`."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "notebook-gate"
    from matplotlib import pyplot as plt

    names = list(found)
    colours = ["#0f766e" if name == "gate" else "#94a3b8" for name in names]
    shown = (("first_response_ms", "first answer, cold start (ms)"),
             ("snapshot_ms", "first answer, snapshot (ms)"), ("snapshot_cpu_ms", "CPU of that (ms)"),
             ("warm_cpu_ms", "CPU of a warm request (ms)"), ("peak_mb", "peak memory (MB)"))  # fmt: skip
    figure, axes = plt.subplots(1, len(shown), figsize=(16, 2.6), sharey=True)
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
    figure.savefig(target, metadata={"Date": None})
