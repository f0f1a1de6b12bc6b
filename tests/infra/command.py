"""Runs commands as an operator types them."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKE_VARIABLES = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS"})
TIMEOUT = 600
"""Seconds for a command, generous for a busy machine."""


def run(
    *command: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `command` and return its exit code and output. `env`: the variables; by default those of this process."""
    # Not as a part of the make that may run this test: it would print its folders, and take over its options.
    variables = {
        name: value for name, value in (os.environ if env is None else env).items() if name not in MAKE_VARIABLES
    }
    return subprocess.run(
        command, cwd=cwd, env=variables, input=stdin, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
