"""Compiles the bundle ahead of time. Lambda's file system is read-only: without bytecode, each start would compile."""

import subprocess
import sys
from pathlib import Path

MISSING = (
    "There is no Python {version}, the function's version, on this machine. The bundle has no bytecode, and each cold "
    "start takes more than twice as long. Install it (uv python install {version}) and deploy again."
)


class BytecodeError(Exception):
    """A module of the bundle cannot be compiled; the message names it."""


def find_python(uv: str, version: str) -> str | None:
    """Return a CPython of `version`, such as 3.13, whose bytecode the function can load; None if there is none."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version and sys.implementation.name == "cpython":
        return sys.executable
    command = [uv, "python", "find", "--no-python-downloads", f"cpython@{version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or None if done.returncode == 0 else None


def compile_all(folder: Path, python: str) -> None:
    """Compile all modules in `folder`, with the paths that they have on Lambda. Raises `BytecodeError`.

    The bytecode is not compared with its source when it is loaded: files on Lambda never change, and the comparison
    would take the time that bytecode saves (PEP 552).
    """
    # Isolated from the environment: PYTHONOPTIMIZE would change the file names and remove assertions.
    command = [python, "-I", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", "/var/task", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BytecodeError(f"the bundle could not be compiled: {(done.stdout + done.stderr).strip()}")
