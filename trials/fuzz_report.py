"""The number of cases that `make fuzz` ran, for docs/trials.md."""

import json
from collections.abc import Mapping
from pathlib import Path

from bench.tables import fill

ROOT = Path(__file__).parent
RESULTS = ROOT / "fuzz.json"
GUIDE = ROOT.parent / "docs" / "trials.md"
MIN_CASES = 100_000
"""The least number of cases in a run of `make fuzz`."""


def write(cases: Mapping[str, int]) -> None:
    """Write the number of cases of each kind."""
    RESULTS.write_text(json.dumps(dict(cases), indent=2) + "\n", encoding="utf-8")
    fill(GUIDE, tables(cases))


def load() -> dict[str, int]:
    """Return the number of cases of each kind in the last full run."""
    cases: dict[str, int] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return cases


def tables(cases: Mapping[str, int]) -> dict[str, str]:
    """Return the table of the guide by name."""
    lines = ["| | cases | failures |", "|---|---|---|"]
    lines += [f"| {name} | {number:,} | 0 |" for name, number in sorted(cases.items())]
    lines.append(f"| **all** | **{sum(cases.values()):,}** | **0** |")
    return {"fuzz": "\n".join(lines) + "\n"}
