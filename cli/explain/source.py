"""Where somebody comes from, as an operator types it and as AWS sees it."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

FORMS = "203.0.113.7, or 10.0.1.7@vpce-0123456789abcdef0 for one that comes through a VPC endpoint"


@dataclass(frozen=True)
class Source:
    """A public address, or one in a VPC and the VPC endpoint that it comes through."""

    address: str
    """Empty where the endpoint alone is known."""
    endpoint: str = ""

    @classmethod
    def parse(cls, text: str) -> "Source":
        """Read ADDRESS, ADDRESS@ENDPOINT or ENDPOINT. Raises `ValueError`."""
        address, _, endpoint = text.rpartition("@") if re.search(r"(^|@)vpce-", text) else (text, "", "")
        if endpoint and not re.fullmatch(r"vpce-[0-9a-f]{8,17}", endpoint):
            raise ValueError(f"{text} names no VPC endpoint; write one such as {FORMS}")
        if endpoint == text:
            return cls("", endpoint)
        try:
            return cls(str(ipaddress.ip_address(address)), endpoint)
        except ValueError:
            raise ValueError(f"{text} is no address; write one such as {FORMS}") from None

    def __str__(self) -> str:
        return "@".join(filter(None, (self.address, self.endpoint)))

    @property
    def context(self) -> Mapping[str, tuple[str, str]]:
        """The condition keys that a request carries, each with its type and value.

        Source: IAM user guide, "AWS global condition context keys". `aws:SourceIp` is there only without an endpoint.
        """
        if not self.endpoint:
            return {"aws:SourceIp": ("ip", self.address)}
        address = {"aws:VpcSourceIp": ("ip", self.address)} if self.address else {}
        return {"aws:SourceVpce": ("string", self.endpoint), **address}

    def is_in(self, networks: list[str]) -> bool:
        """Tell whether it is a public address in one of `networks` (CIDRs)."""
        if self.endpoint:
            return False
        return any(ipaddress.ip_address(self.address) in ipaddress.ip_network(network) for network in networks)
