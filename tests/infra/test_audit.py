"""scripts/audit: how it judges the output of the tools. A database that did not answer never counts as a pass."""

import json
import os
import subprocess
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[2] / "scripts" / "audit"
CLEAN_PYTHON = {"dependencies": [{"name": "x", "version": "1", "vulns": []}]}
VULNERABLE_PYTHON = {"dependencies": [{"name": "x", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}]}
SKIPPED = {"dependencies": [{"name": "x", "skip_reason": "could not be asked"}]}
CLEAN_NODE: dict[str, object] = {"vulnerabilities": {}}
VULNERABLE_NODE = {"vulnerabilities": {"y": {"severity": "high", "range": "<3"}}}


@pytest.mark.parametrize(
    ("python", "node", "code", "words"),
    [
        (CLEAN_PYTHON, CLEAN_NODE, 0, "no known vulnerabilities"),
        (VULNERABLE_PYTHON, CLEAN_NODE, 1, "x 1: CVE-1, fixed in 2"),
        (CLEAN_PYTHON, VULNERABLE_NODE, 1, "y: high, <3"),
        (SKIPPED, CLEAN_NODE, 75, "uv.lock: NOT AUDITED"),
        ("no such host", CLEAN_NODE, 75, "no such host"),
        (CLEAN_PYTHON, {"message": "405 Method Not Allowed"}, 75, "405 Method Not Allowed"),
        # A known vulnerability counts more than a missing answer.
        (VULNERABLE_PYTHON, "no such host", 1, "package-lock.json: NOT AUDITED"),
        ("no such host", VULNERABLE_NODE, 1, "uv.lock: NOT AUDITED"),
    ],
)
def test_what_the_audit_reports(tmp_path: Path, python: object, node: object, code: int, words: str) -> None:
    for name, output in (("pip-audit", python), ("npm", node)):
        tool = tmp_path / name
        tool.write_text(
            f"#!/bin/sh\ncat <<'END'\n{output if isinstance(output, str) else json.dumps(output)}\nEND\nexit 1\n"
        )
        tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([AUDIT], env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, words in done.stdout) == (code, True), done
