"""From where a notebook may be opened and used: the deployment's `pin`, applied to one caller."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from gate.config import Config
from gate.identity.caller import Caller

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Origins:
    """The addresses (CIDRs) from which a session may open and use its notebook; without any, it may not."""

    public: Sequence[str] = ()
    """Addresses on the internet: `aws:SourceIp`."""
    private: Sequence[str] = ()
    """Addresses in a VPC, as a VPC endpoint sees them: `aws:VpcSourceIp`."""
    endpoints: Sequence[str] = ()
    """The VPC endpoints through which `private` counts: `aws:SourceVpce`."""


def origins_of(config: Config, caller: Caller) -> Origins | None:
    """Return from where `caller` may open and use a notebook, or None for wherever the launch role allows.

    The function's own addresses are always among them, since it makes the call that creates the URL: `config.egress`,
    and `config.subnet_cidrs` where that call goes through a VPC endpoint.

    A private API sees the caller's address in the VPC, which is what a VPC endpoint sees, too; their public address is
    not known. A regional API sees the public address alone, so nothing is allowed through endpoints for the caller.
    """
    if caller.via == "slack":
        # The address is Slack's, not the caller's: nothing is opened for it, only looked at, started and stopped.
        return Origins()
    if config.pin == "networks":
        return None
    own = host(caller.address)
    if config.private_endpoints:
        return Origins(config.egress, (own, *config.subnet_cidrs), config.vpc_endpoints)
    if config.pin == "network":
        # Without an entry, as right after a change of `networks`: the address alone, and the launch role decides.
        own = network_of(caller.address, config.networks) or own
    return Origins((own, *config.egress), config.subnet_cidrs, config.vpc_endpoints)


def host(address: str) -> str:
    """Return the network that is the one `address`, in CIDR form.

    Left to itself, IAM takes an address without a prefix for a /32 (IAM user guide, "IP address condition
    operators"), which of IPv6 is a whole provider's customers.
    """
    return f"{address}/{128 if ':' in address else 32}"


def network_of(address: str, networks: tuple[str, ...]) -> str | None:
    """Return the smallest of `networks` (CIDRs) that holds `address`, or None where none does."""
    try:
        held = ipaddress.ip_address(address)
    except ValueError:
        return None
    holding = [network for network in _parsed(networks) if held in network]
    return str(max(holding, key=lambda network: network.prefixlen)) if holding else None


@cache
def _parsed(networks: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in networks)
