"""Where a request comes from, as AWS sees it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A public address, or one in a VPC and the VPC endpoint that it comes through."""

    address: str
    endpoint: str = ""
    """Empty for a request that comes from the internet."""

    @property
    def context(self) -> Mapping[str, str]:
        """The condition keys that the request carries: `aws:SourceIp` only where there is no endpoint.

        Source: IAM user guide, "AWS global condition context keys", availability of each.
        """
        if self.endpoint:
            return {"aws:SourceVpce": self.endpoint, "aws:VpcSourceIp": self.address}
        return {"aws:SourceIp": self.address}
