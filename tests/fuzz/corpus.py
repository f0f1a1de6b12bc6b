"""The corpus of hostile redirect targets, in groups of one technique and source."""

import json
from pathlib import Path

_GROUPS = json.loads((Path(__file__).parent / "redirects.json").read_text())
TARGETS: list[str] = [target for group in _GROUPS for target in group["targets"]]
OF_EACH_TECHNIQUE: list[str] = [group["targets"][0] for group in _GROUPS]
