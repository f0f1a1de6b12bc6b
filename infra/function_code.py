"""The function's bundle as a CDK asset."""

from pathlib import Path

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from infra.bundle import PLATFORM, SOURCE, bundle, fingerprint


def function_code(*, python: str | None, ca_bundle: Path | None) -> lambda_.Code:
    """Return the function's code as an asset that `cdk synth` bundles.

    `python`: compiles the bytecode. `ca_bundle`: the PEM file of additional certificate authorities, if any.
    """
    return lambda_.Code.from_asset(
        str(SOURCE),
        asset_hash=fingerprint(python=python, ca_bundle=ca_bundle),
        bundling=cdk.BundlingOptions(
            # Never pulled: the local bundler either succeeds or ends the synthesis.
            image=cdk.DockerImage.from_registry("unused"),
            local=LocalBundling(python, ca_bundle),
        ),
    )


@jsii.implements(cdk.ILocalBundling)
class LocalBundling:
    """Bundles on this machine. CDK calls it in place of a container."""

    def __init__(self, python: str | None, ca_bundle: Path | None) -> None:
        self._python = python
        self._ca_bundle = ca_bundle

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Write the bundle into `output_dir`. Raises `BundlingError` or `BytecodeError`."""
        bundle(Path(output_dir), platform=PLATFORM, python=self._python, ca_bundle=self._ca_bundle)
        return True
