"""The corpus of hostile redirect targets, each with its technique and source."""

import json
from pathlib import Path

CORPUS: list[dict[str, str]] = [
    json.loads(line) for line in (Path(__file__).parent / "redirects.jsonl").read_text().splitlines()
]
