"""Makes the stacks of a deployment: the gate's and, with remote locations, that of the launch role."""

from typing import Any

import aws_cdk as cdk

from infra.remote import LaunchRoleStack
from infra.sections import StackSettings
from infra.settings import Settings
from infra.stack import GateStack

LAUNCH_ROLE = "LaunchRole"
"""The name of the second stack on the command line: `cdk deploy LaunchRole`."""


def add_stacks(app: cdk.App, settings: Settings) -> list[cdk.Stack]:
    """Add the stacks for `settings` to `app` and return them, the gate's first."""
    stacks: list[cdk.Stack] = [GateStack(app, settings.name, settings=settings, **_options(settings.stack))]
    if settings.remote.locations:
        # Both names are unique in an account with the launch roles of several gates.
        name = f"{settings.remote_role}-role"
        # Without the rule, the template has no parameter for the bootstrap stack, which accounts of a StackSet lack.
        options = _options(settings.stack, generate_bootstrap_version_rule=False)
        stacks.append(LaunchRoleStack(app, LAUNCH_ROLE, stack_name=name, settings=settings, **options))
    for stack in stacks:
        for tag, value in settings.stack.tags.items():
            cdk.Tags.of(stack).add(tag, value)
    return stacks


def _options(settings: StackSettings, **synthesizer: Any) -> dict[str, Any]:
    """Return the arguments of a stack. `synthesizer`: arguments of its synthesizer."""
    boundary, qualifier = settings.permissions_boundary, settings.bootstrap_qualifier
    if qualifier:
        synthesizer["qualifier"] = qualifier
    return {
        **({"permissions_boundary": cdk.PermissionsBoundary.from_arn(boundary)} if boundary else {}),
        "synthesizer": cdk.DefaultStackSynthesizer(**synthesizer),
    }
