"""What the gate needs of the stack that it is put into, which may be one of another app."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.settings import Settings
from infra.stored_settings import METADATA, OUTPUT, split


class PlacementError(Exception):
    """The stack cannot have a gate with these settings; the message says why and what to do."""


def place(gate: Construct, settings: Settings) -> Settings:
    """Prepare the stack of `gate`, and return `settings` with the name of the stack.

    `gate` on the command line, metrics and the launch roles in other accounts have the name of the stack, so that two
    gates are never confused. Raises `PlacementError`.
    """
    stack = cdk.Stack.of(gate)
    if stack.nested:
        raise PlacementError(f"{gate.node.path}: a nested stack cannot have a gate; put NotebookGate into a stack")
    if METADATA in (stack.template_options.metadata or {}):
        raise PlacementError(
            f"{gate.node.path}: {stack.stack_name} has a gate already; put this one into another stack"
        )
    qualifier = settings.stack.bootstrap_qualifier
    # CDK does not tell a Python app the qualifier of a synthesizer that the app made.
    if qualifier and getattr(stack, "qualifier", "") != qualifier:
        raise PlacementError(
            f"{gate.node.path}: stack.bootstrap_qualifier concerns the whole stack; leave it empty, and give it to the "
            f'stack: synthesizer=cdk.DefaultStackSynthesizer(qualifier="{qualifier}")'
        )
    for tag, value in settings.stack.tags.items():
        cdk.Tags.of(gate).add(tag, value)
    set_boundary(gate, settings.stack.permissions_boundary)
    settings = settings.model_copy(update={"name": stack.stack_name})
    known, later = split(settings)
    stack.add_metadata(METADATA, known)
    if later:
        cdk.CfnOutput(gate, OUTPUT, value=stack.to_json_string(later)).override_logical_id(OUTPUT)
    return settings


def set_boundary(construct: Construct, arn: str) -> None:
    """Give all roles in `construct` the permissions boundary `arn`. If it is empty, change nothing."""
    if arn:
        policy = iam.ManagedPolicy.from_managed_policy_arn(construct, "Boundary", arn)
        iam.PermissionsBoundary.of(construct).apply(policy)
