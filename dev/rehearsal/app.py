"""The project's CDK app with other settings: `python -m rehearsal.app SETTINGS`, for `npx cdk --app`."""

import platform
import sys
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

import infra.function_code
from infra.settings import Settings
from infra.stacks import add_stacks


def main() -> None:
    """Synthesise the stack of the settings file as app.py does, but bundled for this machine's processor."""
    vars(infra.function_code)["PLATFORM"] = f"{platform.machine().replace('arm64', 'aarch64')}-manylinux2014"
    app = cdk.App()
    add_stacks(app, Settings.load(Path(sys.argv[1])))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


if __name__ == "__main__":
    main()
