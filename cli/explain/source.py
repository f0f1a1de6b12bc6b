"""The source of a request, as an operator types it and as AWS's condition keys describe it."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

EXAMPLES = "203.0.113.7, or 10.0.1.7@vpce-0123456789abcdef0 through a VPC endpoint"


@dataclass(frozen=True)
class Source:
    """A public address, or an address in a VPC together with the VPC endpoint that it uses."""

    address: str
    """Empty if only the endpoint is known."""
    endpoint: str = ""

    @classmethod
    def parse(cls, text: str) -> "Source":
        """Read ADDRESS, ADDRESS@ENDPOINT or ENDPOINT. Raises `ValueError`."""
        address, _, endpoint = text.rpartition("@") if re.search(r"(^|@)vpce-", text) else (text, "", "")
        if endpoint and not re.fullmatch(r"vpce-[0-9a-f]{8,17}", endpoint):
            raise ValueError(f"{text} does not name a valid VPC endpoint; write {EXAMPLES}")
        if endpoint == text:
            return cls("", endpoint)
        try:
            return cls(str(ipaddress.ip_address(address)), endpoint)
        except ValueError:
            raise ValueError(f"{text} is not a valid address; write {EXAMPLES}") from None

    def __str__(self) -> str:
        return "@".join(filter(None, (self.address, self.endpoint)))

    @property
    def context(self) -> Mapping[str, tuple[str, str]]:
        """The condition keys of a request from here, each with its type and value.

        Source: IAM user guide, "AWS global condition context keys". `aws:SourceIp` is absent behind a VPC endpoint.
        """
        if not self.endpoint:
            return {"aws:SourceIp": ("ip", self.address)}
        address = {"aws:VpcSourceIp": ("ip", self.address)} if self.address else {}
        return {"aws:SourceVpce": ("string", self.endpoint), **address}

    def is_in(self, networks: list[str]) -> bool:
        """Return whether this is a public address in one of `networks` (CIDRs)."""
        if self.endpoint:
            return False
        return any(ipaddress.ip_address(self.address) in ipaddress.ip_network(network) for network in networks)
