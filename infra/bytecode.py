"""Compiles the bundle ahead: in Lambda nothing can be written, so that what is not compiled here is, at each start."""

import subprocess
import sys
from pathlib import Path

MISSING = (
    "There is no Python {version} on this machine, which the function runs on: the bundle has no bytecode, and each "
    "cold start takes more than twice as long. Install it (uv python install {version}), and deploy again."
)


class BytecodeError(Exception):
    """Something in the bundle can't be compiled; the text names it."""


def find_python(uv: str, version: str) -> str | None:
    """Return a CPython of `version` (as 3.13), whose bytecode the function's runtime reads; None without one."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version and sys.implementation.name == "cpython":
        return sys.executable
    command = [uv, "python", "find", "--no-python-downloads", f"cpython@{version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or None if done.returncode == 0 else None


def compile_all(folder: Path, python: str) -> None:
    """Compile all modules in `folder`; tracebacks name them as Lambda does. Raises `BytecodeError`.

    Unchecked: Lambda's files never change, and comparing each with its source would cost what this saves (PEP 552).
    """
    # Isolated from this shell: PYTHONOPTIMIZE would name the files otherwise, and leave assertions out.
    command = [python, "-I", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", "/var/task", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BytecodeError(f"not all of the bundle could be compiled: {(done.stdout + done.stderr).strip()}")
