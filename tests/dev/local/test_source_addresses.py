"""The source addresses from which a URL works: public ones, VPC endpoints, a private API, and each `pin`."""

from dataclasses import replace
from typing import Any

import pytest

from gate import container
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import COLLEAGUE, INSIDE
from local.sample import Sample
from testing.notebook_client import status_from
from testing.user import TestUser

NEIGHBOUR = "203.0.113.8"
"""A public address in the network of `COLLEAGUE`."""
IN_VPC, OTHER_IN_VPC = "10.0.7.6", "10.0.7.7"
"""Addresses in a VPC. Requests from them come through its endpoints."""
ENDPOINT, API_ENDPOINT = "vpce-0123456789abcdef0", "vpce-0fedcba9876543210"
ENDPOINTS = {IN_VPC: ENDPOINT, OTHER_IN_VPC: ENDPOINT}
ALL_ADDRESSES = (INSIDE, COLLEAGUE, NEIGHBOUR, IN_VPC, OTHER_IN_VPC)
PUBLIC = {"networks": [f"{INSIDE}/32", "203.0.113.0/28"], "vpc_endpoints": [ENDPOINT]}
PRIVATE = {**PUBLIC, "private_endpoints": [API_ENDPOINT]}
NO_EGRESS = {
    "vpc": {
        "id": "vpc-0123456789abcdef0",
        "subnet_ids": ["subnet-01234567"],
        "no_egress": True,
        "subnet_cidrs": ["10.0.1.0/24"],
    }
}


def _usable_from(deployment: LocalDeployment, opened_from: str) -> list[str]:
    """Return the addresses from which a URL works that was opened from `opened_from`."""
    answer = TestUser(deployment, opened_from).open("/open/alice-notebook", "alice@example.com")
    assert answer.status_code == 302, answer.text[-600:]
    found = {address: status_from(deployment, address, answer.headers["Location"]) for address in ALL_ADDRESSES}
    assert set(found.values()) <= {302, 403}
    return [address for address, status in found.items() if status == 302]


@pytest.mark.parametrize(
    ("settings", "usable"),
    [
        # A public API does not see addresses in the VPC, so a URL never works through the endpoint.
        (PUBLIC, {INSIDE: [INSIDE], COLLEAGUE: [COLLEAGUE]}),
        (PUBLIC | NO_EGRESS, {INSIDE: [INSIDE]}),
        (PUBLIC | {"pin": "network"}, {INSIDE: [INSIDE], COLLEAGUE: [COLLEAGUE, NEIGHBOUR]}),
        (PUBLIC | {"pin": "networks"}, {INSIDE: [*ALL_ADDRESSES]}),
        # A private API sees the address in the VPC, and the URL works only from it, through the endpoint.
        (PRIVATE, {IN_VPC: [IN_VPC], OTHER_IN_VPC: [OTHER_IN_VPC]}),
        (PRIVATE | NO_EGRESS, {IN_VPC: [IN_VPC]}),
        (PRIVATE | {"pin": "networks"}, {IN_VPC: [*ALL_ADDRESSES]}),
    ],
    ids=["public", "public, no egress", "network", "networks", "private", "private, no egress", "private, networks"],
)
def test_a_url_works_only_from_the_addresses_of_its_pin(
    sample: Sample, settings: dict[str, Any], usable: dict[str, list[str]]
) -> None:
    options = LocalOptions(settings=settings, addresses=[NEIGHBOUR], vpc_endpoints=ENDPOINTS)
    with LocalDeployment(sample, options) as deployment:
        assert {opened_from: _usable_from(deployment, opened_from) for opened_from in usable} == usable


def test_a_private_api_is_reached_only_through_its_endpoint(sample: Sample) -> None:
    with LocalDeployment(sample, LocalOptions(settings=PRIVATE, vpc_endpoints=ENDPOINTS)) as deployment:
        assert TestUser(deployment, IN_VPC).go("/health").status_code == 200
        assert TestUser(deployment, INSIDE).go("/health").status_code == 403


def test_the_function_itself_needs_its_subnets_in_the_session_policy(sample: Sample) -> None:
    with LocalDeployment(sample, LocalOptions(settings=PUBLIC | NO_EGRESS, vpc_endpoints=ENDPOINTS)) as deployment:
        container.set_gate(container.Gate(replace(container.get_gate().config, subnet_cidrs=("10.0.2.0/24",))))
        answer = TestUser(deployment).open("/open/alice-notebook", "alice@example.com")
        assert (answer.status_code, "AWS denied the gate" in answer.text) == (502, True)
