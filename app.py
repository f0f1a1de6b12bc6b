"""The CDK app: makes the stacks from the settings and checks them with cdk-nag.

The context `settings` (`npx cdk deploy -c settings=FILE`) names another file than `gate.toml`, and the
context `bundle` names a bundle that is built already (`make bundle`).
"""

import os
import sys
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.bundle import BundlingError
from infra.regions import check_region
from infra.settings import Settings
from infra.settings_errors import SettingsError
from infra.stacks import add_stacks


def main() -> None:
    """Synthesise the stacks. If the settings are invalid, print every problem and exit with 1."""
    app = cdk.App()
    try:
        file = app.node.try_get_context("settings") or "gate.toml"
        settings = Settings.load(Path(__file__).parent / file)
        # The stacks have no region, so that one assembly serves several. CDK names the region of the credentials here.
        check_region(settings, os.environ.get("CDK_DEFAULT_REGION", ""))
        add_stacks(app, settings)
    except (SettingsError, BundlingError) as error:
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
