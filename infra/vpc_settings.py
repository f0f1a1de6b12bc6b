"""The section `vpc` of the settings: where the function runs, and by which way it leaves."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from infra.authorities import AuthoritiesError, check_authorities
from infra.sections import Section
from infra.setting_types import Network, Proxy, Subnet, SubnetCidr, Unproxied, VpcId


class VpcSettings(Section):
    """Where the function runs: in an existing VPC, or, with an empty id, in one that the stack makes."""

    id: VpcId = ""
    subnet_ids: list[Subnet] = Field(default=[])
    no_egress: bool = False
    egress: list[Network] = Field(default=[], max_length=8)
    subnet_cidrs: list[SubnetCidr] = Field(default=[], max_length=8)
    proxy: Proxy = ""
    no_proxy: list[Unproxied] = Field(default=[], max_length=20)
    ca_bundle: str = ""

    @property
    def proxy_port(self) -> int | None:
        """The port of the proxy, None without one."""
        return urlsplit(self.proxy).port if self.proxy else None

    @field_validator("subnet_ids")
    @classmethod
    def _has_subnets(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("id") and not value:
            raise ValueError("is empty for an existing VPC; write its private subnets, one an availability zone")
        return value

    @field_validator("egress")
    @classmethod
    def _is_known(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("id") and not value and not info.data.get("no_egress"):
            raise ValueError(
                "is empty for an existing VPC; write the public addresses by which its subnets leave, since the "
                "launch role must let the function itself through"
            )
        if value and info.data.get("no_egress"):
            raise ValueError("has addresses but vpc.no_egress says that there are none; leave one of the two out")
        if "id" in info.data and not info.data["id"] and value:
            raise ValueError("is only for an existing VPC; write vpc.id, or leave egress empty")
        return value

    @field_validator("subnet_cidrs")
    @classmethod
    def _are_the_subnets(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("no_egress") and not value:
            raise ValueError(
                "is empty, but with vpc.no_egress the function reaches SageMaker through a VPC endpoint; write the "
                "CIDRs of vpc.subnet_ids, since session policies must let the function itself through"
            )
        if "id" in info.data and not info.data["id"] and value:
            raise ValueError("is only for an existing VPC; write vpc.id, or leave subnet_cidrs empty")
        return value

    @field_validator("proxy")
    @classmethod
    def _is_in_the_vpc(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("id") == "" and value:
            raise ValueError("is only for an existing VPC, since the stack's own has a NAT gateway; write vpc.id, too")
        return value

    @field_validator("no_proxy")
    @classmethod
    def _goes_with_a_proxy(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("proxy") == "" and value:
            raise ValueError("names hosts that need no proxy, but vpc.proxy is empty; leave one of the two out")
        return value

    @field_validator("ca_bundle")
    @classmethod
    def _can_be_read(cls, value: str, info: ValidationInfo) -> str:
        folder: Path | None = (info.context or {}).get("folder")
        # Elsewhere, as where an operator reads a deployment's settings, the file need not be.
        if value and folder is not None:
            try:
                check_authorities(folder / value)
            except AuthoritiesError as error:
                raise ValueError(str(error)) from None
        return value
