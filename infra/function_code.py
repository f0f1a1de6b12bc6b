"""The function's bundle as a CDK asset: one that is built already, or one that `cdk synth` makes."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.bundle import PLATFORM, PYTHON_VERSION, SOURCE, bundle, fingerprint, runtime_python
from infra.bytecode import MISSING
from infra.prebuilt import SHIPPED, content_hash, unpack

CONTEXT = "bundle"
"""The context that names a built bundle: `npx cdk deploy -c bundle=dist/function.zip`."""


def function_code(scope: Construct, *, ca_bundle: Path | None) -> lambda_.Code:
    """Return the function's code, from the bundle of the context, of the wheel, or from the sources.

    `scope`: gets the warning if there is no Python that can compile the sources. `ca_bundle`: the PEM file of
    additional certificate authorities, if any. Raises `BundlingError` if the bundle of the context cannot be read.
    """
    named = scope.node.try_get_context(CONTEXT)
    if named or SHIPPED.exists():
        return _prebuilt(Path(named) if named else SHIPPED, ca_bundle)
    python = runtime_python()
    if python is None:
        cdk.Annotations.of(scope).add_warning_v2("gate:bytecode", MISSING.format(version=PYTHON_VERSION))
    return _asset(
        SOURCE,
        fingerprint(python=python, ca_bundle=ca_bundle),
        lambda target: bundle(target, platform=PLATFORM, python=python, ca_bundle=ca_bundle),
    )


def _prebuilt(archive: Path, ca_bundle: Path | None) -> lambda_.Code:
    digest = content_hash(archive)
    if ca_bundle is None:
        return lambda_.Code.from_asset(str(archive), asset_hash=digest)
    added = hashlib.sha256(digest.encode() + ca_bundle.read_bytes()).hexdigest()
    return _asset(archive.parent, added, lambda target: unpack(archive, target, ca_bundle=ca_bundle))


def _asset(source: Path, digest: str, write: Callable[[Path], None]) -> lambda_.Code:
    """Return the asset of the folder that `write` fills. `source`: any folder, which CDK requires to exist."""
    return lambda_.Code.from_asset(
        str(source),
        asset_hash=digest,
        bundling=cdk.BundlingOptions(
            # Never pulled: the local bundler either succeeds or ends the synthesis.
            image=cdk.DockerImage.from_registry("unused"),
            local=LocalBundling(write),
        ),
    )


@jsii.implements(cdk.ILocalBundling)
class LocalBundling:
    """Bundles on this machine. CDK calls it in place of a container."""

    def __init__(self, write: Callable[[Path], None]) -> None:
        self._write = write

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Write the bundle into `output_dir`. Raises `BundlingError` or `BytecodeError`."""
        self._write(Path(output_dir))
        return True
