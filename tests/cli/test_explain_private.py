"""`gate explain` at a private API, which callers and the function reach through VPC endpoints."""

from collections.abc import Iterator

import pytest

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from tests.cli.conftest import Gate

IN_VPC, PUBLIC = "10.0.7.6", "127.0.0.1"
ENDPOINT, API_ENDPOINT = "vpce-0123456789abcdef0", "vpce-0fedcba9876543210"
SETTINGS = {
    "private_endpoints": [API_ENDPOINT],
    "vpc_endpoints": [ENDPOINT],
    "vpc": {
        "id": "vpc-0123456789abcdef0",
        "subnet_ids": ["subnet-01234567"],
        "no_egress": True,
        "subnet_cidrs": ["10.0.1.0/24"],
    },
}
OPENED = f"{IN_VPC}@{API_ENDPOINT}"


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample, LocalOptions(settings=SETTINGS, vpc_endpoints={IN_VPC: ENDPOINT})) as deployment:
        yield deployment


@pytest.mark.parametrize(
    ("opened_from", "used_from", "reason", "message"),
    [
        (
            OPENED,
            f"{IN_VPC}@{ENDPOINT}",
            "allowed",
            f"allowed by aws:SourceVpce in {ENDPOINT} and aws:VpcSourceIp in {IN_VPC}/32, 10.0.1.0/24",
        ),
        (OPENED, f"10.0.7.7@{ENDPOINT}", "aws_denied", 'If they change addresses often, write pin = "networks"'),
        (OPENED, PUBLIC, "aws_denied", "Have them use the notebook through one of `vpc_endpoints`"),
        (OPENED, OPENED, "aws_denied", "Name with --used-from the one of `vpc_endpoints`"),
        (PUBLIC, PUBLIC, "outside_networks", "add the endpoint to `private_endpoints`"),
        (f"{IN_VPC}@{ENDPOINT}", f"{IN_VPC}@{ENDPOINT}", "outside_networks", "is not in"),
    ],
)
def test_a_private_api(gate: Gate, opened_from: str, used_from: str, reason: str, message: str) -> None:
    words = ("explain", "alice@example.com", "alice-notebook", "--opened-from", opened_from, "--used-from", used_from)
    assert gate(*words, "--json").json["outcome"] == reason
    result = gate(*words)
    assert (result.code, message in result.out) == (0 if reason == "allowed" else 3, True), result.out


def test_an_endpoint_without_an_address_is_rejected(gate: Gate) -> None:
    result = gate("explain", "alice@example.com", "alice-notebook", "--from", API_ENDPOINT)
    assert (result.code, "write it, too: 203.0.113.7, or 10.0.1.7@vpce-" in result.err) == (1, True), result.err
