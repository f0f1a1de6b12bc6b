"""The condition of a Deny that leaves listed addresses and VPC endpoints alone."""

from collections.abc import Sequence

from gate.launch.window import TAG, TAG_KEY


def outside_of(
    addresses: Sequence[str], vpc_endpoints: Sequence[str], *, tagged: bool = False
) -> dict[str, dict[str, list[str]]]:
    """Return the `Condition` that matches all requests but those from `addresses` (CIDRs) or through `vpc_endpoints`.

    `tagged`: it does not match role sessions with a window either, which their session policy limits.
    A Deny applies only if all its conditions match, so a request needs either a listed address or a listed endpoint.
    """
    conditions: dict[str, dict[str, list[str]]] = {}
    if addresses:
        conditions["NotIpAddress"] = {"aws:SourceIp": list(addresses)}
    if vpc_endpoints:
        conditions["StringNotEquals"] = {"aws:SourceVpce": list(vpc_endpoints)}
    if tagged:
        # It also matches if a request has no such tag (IAM user guide, "Negated matching condition operators").
        conditions.setdefault("StringNotEquals", {})[TAG_KEY] = [TAG["Value"]]
    return conditions
