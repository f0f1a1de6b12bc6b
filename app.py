"""The CDK app: makes the stacks from `gate.toml` and checks them with cdk-nag."""

import sys
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.settings import Settings, SettingsError
from infra.stacks import add_stacks


def main() -> None:
    """Synthesise the stacks. If the settings are invalid, print every problem and exit with 1."""
    app = cdk.App()
    try:
        add_stacks(app, Settings.load(Path(__file__).parent / "gate.toml"))
    except SettingsError as error:
        sys.exit(str(error))
    except RuntimeError as error:
        # The exception of the bundler has passed through jsii, so its traceback would show only CDK.
        if not str(error).startswith("Failed to bundle asset"):
            raise
        sys.exit(str(error))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


if __name__ == "__main__":
    main()
