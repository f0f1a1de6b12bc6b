"""Compares the launch role's networks with the settings, and the function's egress addresses with both."""

import ipaddress
from typing import Any

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from gate.launch.denies.launch_role import LaunchRolePolicies
from gate.launch.window import TAG, TAG_KEY


def check_launch_role(deployed: Deployed) -> Outcomes:
    """Check that the launch role allows the networks of the settings and no others. Raises `CommandError`."""
    with aws_errors():
        policy = LaunchRolePolicies(deployed.aws.client("iam"), deployed.launch_role).policy("launch")
    fix = "Deploy again, and find out who changed the role by hand."
    if policy is None:
        yield Outcome("error", "the launch role's policy is missing", fix)
        return
    denies = [statement for statement in _as_list(policy["Statement"]) if statement["Effect"] == "Deny"]
    conditions = [deny.get("Condition", {}).get("NotIpAddress", {}).get("aws:SourceIp", []) for deny in denies]
    present = {str(ipaddress.ip_network(text)) for condition in conditions for text in _as_list(condition)}
    wanted = {*deployed.settings.networks, *deployed.config.egress, *deployed.settings.vpc.additional_egress}
    for network in sorted(wanted - present):
        yield Outcome("error", f"the launch role does not allow {network}", fix)
    for network in sorted(present - wanted):
        yield Outcome("error", f"the launch role allows {network}, which is not in the settings", fix)
    excepted = [deny.get("Condition", {}).get("StringNotEquals", {}).get(TAG_KEY, []) for deny in denies]
    spares = any(_as_list(value) == [TAG["Value"]] for value in excepted)
    if spares and not deployed.settings.vpc.allows_window:
        yield Outcome("error", "the launch role spares role sessions with a window, which the settings do not say", fix)
    elif not spares and deployed.settings.vpc.allows_window:
        yield Outcome("error", "the launch role denies the function's own calls, which come from any address", fix)
    elif deployed.settings.vpc.accept_none:
        text = "the launch role still spares role sessions with a window, as for the move into the VPC"
        yield Outcome("warning", text, "Remove vpc.accept_none, and deploy.")
    elif present == wanted:
        yield Outcome("ok", f"the launch role allows {len(wanted)} networks and denies all others")


def check_egress(deployed: Deployed) -> Outcomes:
    """Check that the launch role allows the NAT gateways of the function's VPC. Raises `CommandError`."""
    if deployed.config.without_vpc:
        yield Outcome("ok", "the function has no VPC; a window of seconds in session policies lets it create URLs")
        return
    allowed = [ipaddress.ip_network(text) for text in deployed.config.egress]
    if not allowed:
        yield Outcome("ok", "the function's only egress is through VPC endpoints")
        return
    addresses = _nat_addresses(deployed)
    denied = [text for text in addresses if not any(ipaddress.ip_address(text) in network for network in allowed)]
    for address in denied:
        text = f"the launch role denies {address}, the address of a NAT gateway in the function's VPC"
        yield Outcome("error", text, "Add it to vpc.egress.")
    if not addresses:
        text = "the function's VPC has no NAT gateway to compare with vpc.egress"
        yield Outcome("warning", text, "Check yourself that vpc.egress is right.")
    elif not denied:
        yield Outcome("ok", f"the function's egress is {', '.join(addresses)}")


def _nat_addresses(deployed: Deployed) -> list[str]:
    vpc = deployed.function.get("VpcConfig", {}).get("VpcId", "")
    client = deployed.aws.client("ec2")
    with aws_errors():
        paginator = client.get_paginator("describe_nat_gateways")
        pages = paginator.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
        gateways = [gateway for page in pages for gateway in page["NatGateways"]]
    return [
        address["PublicIp"]
        for gateway in gateways
        if gateway.get("State") == "available"
        for address in gateway.get("NatGatewayAddresses", [])
        if "PublicIp" in address
    ]


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]
