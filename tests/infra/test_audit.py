"""scripts/audit: what it makes of what the tools say, and never a yes where nobody was asked."""

import json
import os
import subprocess
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[2] / "scripts" / "audit"
GOOD_PYTHON = {"dependencies": [{"name": "x", "version": "1", "vulns": []}]}
BAD_PYTHON = {"dependencies": [{"name": "x", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}]}
SKIPPED = {"dependencies": [{"name": "x", "skip_reason": "could not be asked"}]}
GOOD_NODE: dict[str, object] = {"vulnerabilities": {}}
BAD_NODE = {"vulnerabilities": {"y": {"severity": "high", "range": "<3"}}}


@pytest.mark.parametrize(
    ("python", "node", "code", "words"),
    [
        (GOOD_PYTHON, GOOD_NODE, 0, "nothing is known against it"),
        (BAD_PYTHON, GOOD_NODE, 1, "x 1: CVE-1, mended in 2"),
        (GOOD_PYTHON, BAD_NODE, 1, "y: high, <3"),
        (SKIPPED, GOOD_NODE, 75, "uv.lock: NOT AUDITED"),
        ("no such host", GOOD_NODE, 75, "no such host"),
        (GOOD_PYTHON, {"message": "405 Method Not Allowed"}, 75, "405 Method Not Allowed"),
        # What is known counts more than what is not.
        (BAD_PYTHON, "no such host", 1, "package-lock.json: NOT AUDITED"),
        ("no such host", BAD_NODE, 1, "uv.lock: NOT AUDITED"),
    ],
)
def test_the_audit(tmp_path: Path, python: object, node: object, code: int, words: str) -> None:
    for name, said in (("pip-audit", python), ("npm", node)):
        tool = tmp_path / name
        tool.write_text(f"#!/bin/sh\ncat <<'END'\n{said if isinstance(said, str) else json.dumps(said)}\nEND\nexit 1\n")
        tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([AUDIT], env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, words in done.stdout) == (code, True), done
