"""The section `vpc` of the settings: where the function runs, and how it reaches other systems."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from infra.ca_bundle import CaBundleError, check_ca_bundle
from infra.field_types import Cidr, NoProxyHost, ProxyUrl, SubnetCidr, SubnetId, VpcId
from infra.sections import SettingsSection


class VpcSettings(SettingsSection):
    """The VPC of the function: an existing one, or, with an empty id, one that the stack creates."""

    id: VpcId = ""
    subnet_ids: list[SubnetId] = Field(default=[])
    no_egress: bool = False
    egress: list[Cidr] = Field(default=[], max_length=8)
    subnet_cidrs: list[SubnetCidr] = Field(default=[], max_length=8)
    proxy: ProxyUrl = ""
    no_proxy: list[NoProxyHost] = Field(default=[], max_length=20)
    ca_bundle: str = ""

    @property
    def proxy_port(self) -> int | None:
        """The port of the proxy; None without a proxy."""
        return urlsplit(self.proxy).port if self.proxy else None

    @property
    def reaches_internet(self) -> bool:
        """Whether the function reaches services that have no VPC endpoint, such as Slack."""
        return not self.no_egress or bool(self.proxy)

    @field_validator("subnet_ids")
    @classmethod
    def _is_set_with_the_vpc(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("id") and not value:
            raise ValueError("is empty, but vpc.id is set; write private subnets of this VPC, one in each zone")
        return value

    @field_validator("egress")
    @classmethod
    def _lists_the_egress_addresses(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("id") and not value and not info.data.get("no_egress"):
            raise ValueError(
                "is empty, but vpc.id is set; write the public addresses from which these subnets reach the internet, "
                "since the launch role must allow the function's own calls"
            )
        if value and info.data.get("no_egress"):
            raise ValueError("has addresses, but vpc.no_egress is true; remove one of the two")
        if "id" in info.data and not info.data["id"] and value:
            raise ValueError("is for an existing VPC; set vpc.id, or leave egress empty")
        return value

    @field_validator("subnet_cidrs")
    @classmethod
    def _lists_the_subnets(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("no_egress") and not value:
            raise ValueError(
                "is empty, but with vpc.no_egress the function reaches SageMaker through a VPC endpoint; write the "
                "CIDRs of vpc.subnet_ids, since session policies must allow the function's own calls"
            )
        if "id" in info.data and not info.data["id"] and value:
            raise ValueError("is for an existing VPC; set vpc.id, or leave subnet_cidrs empty")
        return value

    @field_validator("proxy")
    @classmethod
    def _requires_an_existing_vpc(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("id") == "" and value:
            raise ValueError(
                "is for an existing VPC, since the stack's own VPC has a NAT gateway; set vpc.id, or leave proxy empty"
            )
        return value

    @field_validator("no_proxy")
    @classmethod
    def _requires_a_proxy(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("proxy") == "" and value:
            raise ValueError("has no effect while vpc.proxy is empty; set vpc.proxy, or leave both empty")
        return value

    @field_validator("ca_bundle")
    @classmethod
    def _is_a_ca_bundle(cls, value: str, info: ValidationInfo) -> str:
        folder: Path | None = (info.context or {}).get("folder")
        # An operator who reads the settings of a deployment does not need the file.
        if value and folder is not None:
            try:
                check_ca_bundle(folder / value)
            except CaBundleError as error:
                raise ValueError(str(error)) from None
        return value
