"""The function's bundle, as CDK takes it."""

from pathlib import Path

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from infra.bundle import PLATFORM, SOURCE, bundle, fingerprint


def function_code(*, python: str | None, authorities: Path | None) -> lambda_.Code:
    """Return the function's code as an asset, bundled at `cdk synth`; `python` makes its bytecode.

    `authorities`: the PEM file with your own certificate authorities, if any.
    """
    return lambda_.Code.from_asset(
        str(SOURCE),
        asset_hash=fingerprint(python=python, authorities=authorities),
        bundling=cdk.BundlingOptions(
            # Never pulled: the local bundler either does the work or ends the synthesis.
            image=cdk.DockerImage.from_registry("unused"),
            local=LocalBundling(python, authorities),
        ),
    )


@jsii.implements(cdk.ILocalBundling)
class LocalBundling:
    """Bundles on this machine; CDK calls it in place of a container."""

    def __init__(self, python: str | None, authorities: Path | None) -> None:
        self._python = python
        self._authorities = authorities

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Fill `output_dir`. Raises `BundlingError` or `BytecodeError`."""
        bundle(Path(output_dir), platform=PLATFORM, python=self._python, authorities=self._authorities)
        return True
