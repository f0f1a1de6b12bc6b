"""The source of a request as AWS sees it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A public address, or an address in a VPC with the VPC endpoint that the request goes through."""

    address: str
    endpoint: str = ""
    """The VPC endpoint's ID; empty for a request from the internet."""

    @property
    def context(self) -> Mapping[str, str]:
        """The condition keys of the request. `aws:SourceIp` is present only without a VPC endpoint.

        Source: IAM user guide, "AWS global condition context keys", availability of each.
        """
        if self.endpoint:
            return {"aws:SourceVpce": self.endpoint, "aws:VpcSourceIp": self.address}
        return {"aws:SourceIp": self.address}
