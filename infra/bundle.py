"""Puts the function and its dependencies together, without Docker, for the platform that it runs on."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

PYTHON_VERSION = "3.13"
PLATFORM = "aarch64-manylinux2014"
ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "lambda"
LOCK = ROOT / "uv.lock"


class BundlingError(Exception):
    """The bundle could not be made; the text says which step failed and what it said."""


def function_code() -> lambda_.Code:
    """Return the function's code as an asset, bundled at `cdk synth`."""
    return lambda_.Code.from_asset(
        str(SOURCE),
        asset_hash=_fingerprint(),
        bundling=cdk.BundlingOptions(
            # Never pulled: the local bundler either does the work or ends the synthesis.
            image=cdk.DockerImage.from_registry("unused"),
            local=LocalBundling(),
        ),
    )


@jsii.implements(cdk.ILocalBundling)
class LocalBundling:
    """Bundles on this machine; CDK calls it in place of a container."""

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Fill `output_dir`. Raises `BundlingError`."""
        bundle(Path(output_dir))
        return True


def bundle(target: Path) -> None:
    """Fill the folder `target` with the function and the packages of uv.lock, their hashes checked.

    Raises `BundlingError`.
    """
    import uv  # here: only who bundles needs it

    # CDK's command line forces colours upon its children, and a coloured requirement is none.
    tool = [uv.find_uv_bin(), "--color", "never"]
    requirements = _run(
        [*tool, "export", "--frozen", "--no-default-groups", "--only-group", "function", "--no-emit-project"]
    )
    install = [*tool, "pip", "install", "--quiet", "--no-config", "--requirements", "-", "--target", str(target)]
    # Wheels for the function's platform alone: with other tags resolvers fall back to ancient source releases.
    install += ["--python-platform", PLATFORM, "--python-version", PYTHON_VERSION, "--only-binary", ":all:"]
    _run([*install, "--require-hashes", "--no-deps", "--no-compile-bytecode"], stdin=requirements)
    shutil.copytree(SOURCE / "gate", target / "gate", ignore=shutil.ignore_patterns("__pycache__"))


def _run(command: list[str], stdin: str | None = None) -> str:
    done = subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BundlingError(f"{' '.join(command[3:5])} failed: {done.stderr.strip()}")
    return done.stdout


def _fingerprint() -> str:
    """Name what the bundle is made of, so that it is made and uploaded again when one of these changes."""
    digest = hashlib.sha256()
    sources = (path for path in (SOURCE / "gate").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in (*sorted(sources), LOCK, Path(__file__)):
        digest.update(f"{path.relative_to(ROOT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
