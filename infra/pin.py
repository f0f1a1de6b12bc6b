"""What `pin` can't do with the other settings: told at synth, since nobody would find out before they are refused."""

import aws_cdk as cdk
from constructs import Construct

from infra.settings import Settings

UNKNOWN_ADDRESSES = (
    'With pin = "{pin}" and a public API, nobody can use a notebook through vpc_endpoints: the gate sees the public '
    "address of those who open it, never the private one that an endpoint sees. Only the function's own call passes "
    "(vpc.subnet_cidrs). People need a public address in networks for their notebooks, too. Where they have none, "
    'make the API private (private_endpoints), or write pin = "networks".'
)


def warn_of_unknown_addresses(scope: Construct, settings: Settings) -> None:
    """Warn where people have VPC endpoints to their notebooks but their addresses there can't be known."""
    if settings.pin != "networks" and settings.vpc_endpoints and not settings.private_endpoints:
        cdk.Annotations.of(scope).add_warning_v2("gate:pin", UNKNOWN_ADDRESSES.format(pin=settings.pin))
