"""A local deployment without a VPC, and what its role sessions allow."""

from collections.abc import Mapping
from typing import Any

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import INSIDE
from local.sample import Sample
from testing.clock import StoppedClock
from testing.user import TestUser

SETTINGS: Mapping[str, Any] = {"vpc": {"none": True}}


def without_vpc(sample: Sample, clock: StoppedClock, **options: Any) -> LocalDeployment:
    """Return a deployment without a VPC, whose function and AWS have the time of `clock`.

    `options`: those of `LocalOptions`. Its settings are added to those without a VPC.
    """
    settings = {**SETTINGS, **options.pop("settings", {})}
    return LocalDeployment(sample, LocalOptions(clock=clock, settings=settings, **options))


def opened_url(deployment: LocalDeployment, address: str = INSIDE) -> str:
    """Return a presigned URL of alice-notebook, which Alice opens from `address`."""
    answer = TestUser(deployment, address).open("/open/alice-notebook", "alice@example.com")
    assert answer.status_code == 302, f"{answer.status_code}: {answer.text[-600:]}"
    return str(answer.headers["Location"])
