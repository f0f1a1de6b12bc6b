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
        name = f"{settings.name}-launch-role"
        stacks.append(LaunchRoleStack(app, LAUNCH_ROLE, stack_name=name, settings=settings, **_options(settings.stack)))
    for stack in stacks:
        for tag, value in settings.stack.tags.items():
            cdk.Tags.of(stack).add(tag, value)
    return stacks


def _options(settings: StackSettings) -> dict[str, Any]:
    boundary, qualifier = settings.permissions_boundary, settings.bootstrap_qualifier
    return {
        **({"permissions_boundary": cdk.PermissionsBoundary.from_arn(boundary)} if boundary else {}),
        **({"synthesizer": cdk.DefaultStackSynthesizer(qualifier=qualifier)} if qualifier else {}),
    }
