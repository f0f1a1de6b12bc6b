"""Runs commands as an operator types them."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMEOUT = 600
"""Seconds for a command, generous for a busy machine."""


def run(
    *command: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `command` and return its exit code and output. `env`: the variables; by default those of this process."""
    return subprocess.run(
        command, cwd=cwd, env=env, input=stdin, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
