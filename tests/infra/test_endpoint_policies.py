"""Which requests to an opened notebook through a VPC endpoint are allowed, with a public and with a private API."""

from dataclasses import dataclass
from typing import Any

import pytest

from infra.settings import Settings
from local.evaluator import Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import synthesise_all
from tests.infra.examples import ENDPOINT, EXISTING_VPC, FULL, OTHER_ENDPOINT
from tests.infra.policies import ALLOW_ALL, INSIDE, notebook_access, session_policy

IN_VPC, IN_SUBNET = "10.0.7.7", "10.0.9.4"


@dataclass(frozen=True)
class Row:
    """One request, and whether it is allowed."""

    label: str
    public_api: bool
    """With pin = "caller" and a public API that saw the caller at `INSIDE`."""
    private_api: bool
    """With pin = "caller" and a private API that saw the caller at `IN_VPC`."""
    networks_pin: bool
    """With pin = "networks"."""
    context: dict[str, str]


def _through(address: str, endpoint: str = ENDPOINT) -> dict[str, str]:
    return {"aws:SourceVpce": endpoint, "aws:VpcSourceIp": address}


ROWS = [
    #    request                                       public private networks
    Row("the caller's address, through the endpoint", False, True, True, _through(IN_VPC)),
    Row("another address, through the endpoint", False, False, True, _through("10.0.7.8")),
    Row("the function's subnet, through the endpoint", True, True, True, _through(IN_SUBNET)),
    Row("the subnet after the function's", False, False, True, _through("10.0.10.4")),
    Row("the caller's address, through another endpoint", False, False, False, _through(IN_VPC, OTHER_ENDPOINT)),
    Row("the function's subnet, through another endpoint", False, False, False, _through(IN_SUBNET, OTHER_ENDPOINT)),
    Row("through the endpoint, from an unknown address", False, False, True, {"aws:SourceVpce": ENDPOINT}),
    Row("an address in a VPC without an endpoint", False, False, False, {"aws:VpcSourceIp": IN_VPC}),
    Row("the caller's public address", True, False, True, {"aws:SourceIp": INSIDE}),
    Row("the private address as if it were public", False, False, False, {"aws:SourceIp": IN_VPC}),
    Row("the function's egress", True, True, True, {"aws:SourceIp": "192.0.2.10"}),
]


@pytest.fixture(scope="module")
def public_and_private() -> tuple[ResolvedTemplate, ResolvedTemplate]:
    """The full deployment with the function's subnets at an endpoint, with a public and with a private API."""
    public = {**FULL, "vpc": {**EXISTING_VPC, "subnet_cidrs": ["10.0.9.0/24"]}}
    private = {name: value for name, value in public.items() if name not in ("slack", "domain", "requests")}
    private["private_endpoints"] = [OTHER_ENDPOINT]
    made = synthesise_all([Settings.parse(public), Settings.parse(private)])
    return ResolvedTemplate(made[0][0]), ResolvedTemplate(made[1][0])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_requests_to_an_opened_notebook_through_a_vpc_endpoint(
    public_and_private: tuple[ResolvedTemplate, ResolvedTemplate], evaluator: Evaluator, row: Row
) -> None:
    public, private = public_and_private
    for resolved, address, expected in ((public, INSIDE, row.public_api), (private, IN_VPC, row.private_api)):

        def allows(pin: str, role_policies: Any, resolved: ResolvedTemplate = resolved, address: str = address) -> bool:
            policy = session_policy(resolved, pin, address)
            return evaluator.allows(notebook_access(resolved, row.context, policy, role_policies))

        assert allows("caller", None) is expected
        # The session policy alone decides, whatever the role allows.
        assert allows("caller", [ALLOW_ALL]) is expected
        assert allows("networks", None) is row.networks_pin
        assert allows("networks", [ALLOW_ALL])
        assert not allows("caller", [])
