"""Puts the function and its dependencies together, without Docker, for the platform that it runs on."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from infra.authorities import IN_BUNDLE
from infra.bytecode import compile_all, find_python
from infra.models import prune

PYTHON_VERSION = "3.13"
PLATFORM = "aarch64-manylinux2014"
ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "lambda"
LOCK = ROOT / "uv.lock"
MADE_BY = tuple(Path(__file__).with_name(name) for name in ("authorities.py", "bundle.py", "bytecode.py", "models.py"))


SBOM = "sbom.cdx.json"
"""What the bundle holds, with versions and hashes (CycloneDX), in the bundle itself."""


class BundlingError(Exception):
    """The bundle could not be made; the text says which step failed and what it said."""


def runtime_python() -> str | None:
    """Return this machine's Python of the function's version, which makes its bytecode; None where there is none."""
    return find_python(_uv(), PYTHON_VERSION)


def bundle(target: Path, *, platform: str, python: str | None, authorities: Path | None = None) -> None:
    """Fill the folder `target` with all that the function needs on `platform`; `python` makes bytecode.

    `authorities`: the PEM file with your own certificate authorities, if any.
    Raises `BundlingError` or `BytecodeError`.
    """
    install(target, group="function", platform=platform)
    (target / SBOM).write_text(_bill_of_materials("function"), encoding="utf-8")
    shutil.copytree(SOURCE / "gate", target / "gate", ignore=shutil.ignore_patterns("__pycache__"))
    if authorities:
        shutil.copyfile(authorities, target / IN_BUNDLE)
    prune(target / "botocore" / "data")
    if python:
        compile_all(target, python)


def install(target: Path, *, group: str, platform: str) -> None:
    """Install a `group` of uv.lock, hashes checked, as wheels of `platform`. Raises `BundlingError`."""
    # CDK's command line forces colours upon its children, and a coloured requirement is none.
    tool = [_uv(), "--color", "never"]
    requirements = _run(
        [*tool, "export", "--frozen", "--no-default-groups", "--only-group", group, "--no-emit-project"]
    )
    command = [*tool, "pip", "install", "--quiet", "--no-config", "--requirements", "-", "--target", str(target)]
    # Wheels for the function's platform alone: with other tags resolvers fall back to ancient source releases.
    command += ["--python-platform", platform, "--python-version", PYTHON_VERSION, "--only-binary", ":all:"]
    _run([*command, "--require-hashes", "--no-deps", "--no-compile-bytecode"], stdin=requirements)


def _bill_of_materials(group: str) -> str:
    command = [_uv(), "--color", "never", "export", "--frozen", "--no-default-groups", "--only-group", group]
    made = json.loads(_run([*command, "--no-emit-project", "--quiet", "--format", "cyclonedx1.5"]))
    # The same bundle has the same list, whoever makes it and when.
    del made["serialNumber"], made["metadata"]["timestamp"]
    return json.dumps(made, indent=1) + "\n"


def fingerprint(*, python: str | None, authorities: Path | None) -> str:
    """Name what the bundle is made of, so that it is made and uploaded again when one of these changes."""
    digest = hashlib.sha256(b"bytecode\n" if python else b"")
    sources = (path for path in (SOURCE / "gate").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in (*sorted(sources), LOCK, *MADE_BY):
        digest.update(f"{path.relative_to(ROOT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    if authorities:
        digest.update(authorities.read_bytes())
    return digest.hexdigest()


def _uv() -> str:
    import uv  # here: only who bundles needs it

    return str(uv.find_uv_bin())


def _run(command: list[str], stdin: str | None = None) -> str:
    done = subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BundlingError(f"{' '.join(command[3:5])} failed: {done.stderr.strip()}")
    return done.stdout
