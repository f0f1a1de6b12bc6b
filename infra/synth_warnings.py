"""Warnings at synth about settings that are valid but of no use together.

Without them, the mistake would show only when people are refused.
"""

import aws_cdk as cdk
from constructs import Construct

from infra.incomparable_names import incomparable_names
from infra.settings import Settings

UNUSABLE_ENDPOINTS = (
    'With pin = "{pin}" and a public API, nobody can use a notebook through vpc_endpoints. The gate sees the public '
    "address of the people who open a notebook; an endpoint sees their private address. Only the function's own call "
    "passes (vpc.subnet_cidrs). To use their notebooks, people also need a public address in networks. If they have "
    'none, make the API private (private_endpoints) or set pin = "networks".'
)


def warn_incomparable_names(scope: Construct, settings: Settings) -> None:
    """Warn if people can have names that the gate cannot compare when they decide on access requests."""
    for number, text in enumerate(incomparable_names(settings)):
        cdk.Annotations.of(scope).add_warning_v2(f"gate:names{number}", text)


def warn_unusable_endpoints(scope: Construct, settings: Settings) -> None:
    """Warn if `vpc_endpoints` is set but the addresses of people at these endpoints cannot be known."""
    if settings.pin != "networks" and settings.vpc_endpoints and not settings.private_endpoints:
        cdk.Annotations.of(scope).add_warning_v2("gate:pin", UNUSABLE_ENDPOINTS.format(pin=settings.pin))
