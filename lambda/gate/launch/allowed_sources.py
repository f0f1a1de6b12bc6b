"""The addresses from which a caller may open and use a notebook, according to the setting `pin`."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from gate.platform.config import Config
from gate.values.caller import Caller

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class AllowedSources:
    """The addresses from which a role session may open and use its notebook. If all are empty, it may not."""

    public_cidrs: Sequence[str] = ()
    """Addresses on the internet: `aws:SourceIp`."""
    private_cidrs: Sequence[str] = ()
    """Addresses in a VPC, as a VPC endpoint sees them: `aws:VpcSourceIp`."""
    endpoints: Sequence[str] = ()
    """The ids of the VPC endpoints through which `private_cidrs` are allowed: `aws:SourceVpce`."""


def allowed_sources(config: Config, caller: Caller) -> AllowedSources | None:
    """Return the addresses from which `caller` may open and use a notebook.

    None: every address that the launch role allows.

    The result includes the function's own addresses, because the function makes the call that creates the URL. These
    are `config.egress`, and `config.subnet_cidrs` if the call goes through a VPC endpoint. Without a VPC, they are not
    known, and the session policy has a window for the call.

    A private API sees the caller's address in the VPC, which VPC endpoints also see, but not the public address. A
    regional API sees only the public address, so the result allows the caller nothing through endpoints.
    """
    if caller.via == "slack":
        # The address is Slack's, not the caller's. Requests from Slack describe, start and stop notebooks, but do not
        # open them.
        return AllowedSources()
    if config.pin == "networks":
        # For a role session with a window, the launch role denies no address.
        return AllowedSources(config.networks) if config.without_vpc else None
    caller_cidr = address_cidr(caller.address)
    if config.private_endpoints:
        return AllowedSources(config.egress, (caller_cidr, *config.subnet_cidrs), config.vpc_endpoints)
    if config.pin == "network":
        # If no network contains the address, for example right after a change of `networks`, only the address itself is
        # allowed. With a VPC, the launch role decides whether it is.
        caller_cidr = network_of(caller.address, config.networks) or caller_cidr
    return AllowedSources((caller_cidr, *config.egress), config.subnet_cidrs, config.vpc_endpoints)


def address_cidr(address: str) -> str:
    """Return the CIDR that contains only `address`.

    IAM takes an address without a prefix for a /32 (IAM user guide, "IP address condition operators"). For IPv6, a /32
    contains all customers of a provider.
    """
    return f"{address}/{128 if ':' in address else 32}"


def network_of(address: str, networks: tuple[str, ...]) -> str | None:
    """Return the smallest of `networks` (CIDRs) that contains `address`, or None if none does."""
    try:
        parsed_address = ipaddress.ip_address(address)
    except ValueError:
        return None
    containing = [network for network in _parse_networks(networks) if parsed_address in network]
    return str(max(containing, key=lambda network: network.prefixlen)) if containing else None


@cache
def _parse_networks(networks: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in networks)
