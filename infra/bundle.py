"""Bundles the function and its dependencies for the platform on which it runs, without Docker."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from infra.bytecode import compile_all, find_python
from infra.ca_bundle import FILE_NAME
from infra.models import prune

PYTHON_VERSION = "3.13"
PLATFORM = "aarch64-manylinux2014"
ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "lambda"
LOCK = ROOT / "uv.lock"
BUNDLER = tuple(Path(__file__).with_name(name) for name in ("bundle.py", "bytecode.py", "ca_bundle.py", "models.py"))
"""The modules that decide what the bundle contains."""

SBOM = "sbom.cdx.json"
"""The software bill of materials in the bundle, with versions and hashes (CycloneDX)."""


class BundlingError(Exception):
    """A step of bundling failed; the message has the step and its output."""


def runtime_python() -> str | None:
    """Return a Python on this machine of the function's version, to compile its bytecode; None if there is none."""
    return find_python(_uv(), PYTHON_VERSION)


def bundle(target: Path, *, platform: str, python: str | None, ca_bundle: Path | None = None) -> None:
    """Write the bundle for `platform` into the folder `target`.

    `python`: compiles the bytecode; without it, the bundle has none. `ca_bundle`: the PEM file of additional
    certificate authorities, if any. Raises `BundlingError` or `BytecodeError`.
    """
    install(target, group="function", platform=platform)
    (target / SBOM).write_text(_bill_of_materials("function"), encoding="utf-8")
    shutil.copytree(SOURCE / "gate", target / "gate", ignore=shutil.ignore_patterns("__pycache__"))
    if ca_bundle:
        shutil.copyfile(ca_bundle, target / FILE_NAME)
    prune(target / "botocore" / "data")
    for record in target.glob("*.dist-info/RECORD"):
        record.unlink()  # a list of hashes, of no use after the installation
    # Commands that nobody runs on Lambda. They name the interpreter of this machine, so each machine had other bundles.
    shutil.rmtree(target / "bin", ignore_errors=True)
    (target / ".lock").unlink(missing_ok=True)
    if python:
        compile_all(target, python)
    make_readable(target)


def make_readable(folder: Path) -> None:
    """Let everybody read the files in `folder`: Lambda runs them as another user, and the umask here may be strict."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def install(target: Path, *, group: str, platform: str) -> None:
    """Install the dependency `group` of uv.lock as wheels for `platform`, with their hashes. Raises `BundlingError`."""
    # CDK's command line makes its child processes print colours, which break the exported requirements.
    tool = [_uv(), "--color", "never"]
    requirements = _run(
        [*tool, "export", "--frozen", "--no-default-groups", "--only-group", group, "--no-emit-project"]
    )
    command = [*tool, "pip", "install", "--quiet", "--no-config", "--requirements", "-", "--target", str(target)]
    # Wheels for the function's platform alone: with other tags, pip falls back to old source releases.
    # Copies: `prune` writes into the files, which would otherwise be those of uv's cache and of other environments.
    command += [
        "--link-mode",
        "copy",
        "--python-platform",
        platform,
        "--python-version",
        PYTHON_VERSION,
        "--only-binary",
        ":all:",
    ]
    _run([*command, "--require-hashes", "--no-deps", "--no-compile-bytecode"], stdin=requirements)


def _bill_of_materials(group: str) -> str:
    command = [_uv(), "--color", "never", "export", "--frozen", "--no-default-groups", "--only-group", group]
    made = json.loads(_run([*command, "--no-emit-project", "--quiet", "--format", "cyclonedx1.5"]))
    # The list depends on nothing but the bundle.
    del made["serialNumber"], made["metadata"]["timestamp"]
    return json.dumps(made, indent=1) + "\n"


def fingerprint(*, python: str | None, ca_bundle: Path | None) -> str:
    """Return a hash of everything that decides the bundle, so that a change makes CDK build and upload it again."""
    digest = hashlib.sha256(b"bytecode\n" if python else b"")
    sources = (path for path in (SOURCE / "gate").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in (*sorted(sources), LOCK, *BUNDLER):
        digest.update(f"{path.relative_to(ROOT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    if ca_bundle:
        digest.update(ca_bundle.read_bytes())
    return digest.hexdigest()


def _environment() -> dict[str, str]:
    """Return the environment of uv, which does not read pip's variable for a package mirror."""
    mirror = os.environ.get("PIP_INDEX_URL")
    return {**({"UV_DEFAULT_INDEX": mirror} if mirror and "UV_INDEX_URL" not in os.environ else {}), **os.environ}


def _uv() -> str:
    import uv  # here: only bundling needs it

    return str(uv.find_uv_bin())


def _run(command: list[str], stdin: str | None = None) -> str:
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=_environment(), input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BundlingError(f"{' '.join(command[3:5])} failed: {done.stderr.strip()}")
    return done.stdout
