"""The condition of a Deny that leaves listed addresses and VPC endpoints alone."""

from collections.abc import Sequence


def outside_of(addresses: Sequence[str], vpc_endpoints: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """Return the `Condition` that matches all requests but those from `addresses` (CIDRs) or through `vpc_endpoints`.

    A Deny applies only if all its conditions match, so a request needs either a listed address or a listed endpoint.
    """
    conditions: dict[str, dict[str, list[str]]] = {}
    if addresses:
        conditions["NotIpAddress"] = {"aws:SourceIp": list(addresses)}
    if vpc_endpoints:
        conditions["StringNotEquals"] = {"aws:SourceVpce": list(vpc_endpoints)}
    return conditions
