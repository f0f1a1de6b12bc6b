"""The section `vpc` of the settings: where the function runs, and how it reaches other systems."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from infra.ca_bundle import CaBundleError, check_ca_bundle
from infra.field_types import EgressCidr, NoProxyHost, ProxyUrl, SubnetCidr, SubnetId, VpcId
from infra.settings_base import Needs, Rule, SettingsSection, Variable

_VPC = Needs("vpc.id")


def _set_without_vpc(name: str) -> Callable[[Any], object]:
    def broken(vpc: Any) -> bool:
        return bool(vpc.none and getattr(vpc, name) != VpcSettings.model_fields[name].default)

    return broken


class VpcSettings(SettingsSection):
    """The VPC of the function: an existing one, or, with an empty id, one that the stack creates; or none."""

    none: Annotated[bool, Variable("GATE_WITHOUT_VPC")] = False
    accept_none: bool = False
    id: VpcId = ""
    nat_gateways: int = Field(default=1, ge=1, le=2)
    subnet_ids: list[SubnetId] = Field(default=[])
    no_egress: bool = False
    egress: Annotated[list[EgressCidr], _VPC, Variable("GATE_EGRESS")] = Field(default=[], max_length=8)
    additional_egress: list[EgressCidr] = Field(default=[], max_length=8)
    subnet_cidrs: Annotated[list[SubnetCidr], _VPC, Variable("GATE_SUBNET_CIDRS")] = Field(default=[], max_length=8)
    # The standard names. Lambda's own interfaces ignore them, since these are plain HTTP.
    proxy: Annotated[ProxyUrl, _VPC, Variable("HTTPS_PROXY")] = ""
    no_proxy: Annotated[
        list[NoProxyHost],
        Needs("vpc.proxy"),
        Variable("NO_PROXY", shorten='write common ends in place of single hosts, such as ".example.com"'),
    ] = Field(default=[], max_length=20)
    ca_bundle: str = ""

    rules = (
        Rule("accept_none", lambda vpc: vpc.none and vpc.accept_none,
             "has no effect with vpc.none = true, which includes it; remove this setting"),
        *(Rule(name, _set_without_vpc(name),
               "has no effect without a VPC, but vpc.none is true; remove one of the two")
          for name in ("id", "nat_gateways", "subnet_ids", "no_egress", "egress", "subnet_cidrs", "proxy", "no_proxy")),
        Rule("nat_gateways", lambda vpc: vpc.id and vpc.nat_gateways != 1,
             "is for the VPC that the stack creates, but vpc.id is set; remove this setting"),
        Rule("subnet_ids", lambda vpc: vpc.id and not vpc.subnet_ids,
             "is empty, but vpc.id is set; write private subnets of this VPC, one in each zone"),
        Rule("egress", lambda vpc: vpc.id and not vpc.egress and not vpc.no_egress,
             "is empty, but vpc.id is set; write the public addresses from which these subnets reach the internet, "
             "since the launch role must allow the function's own calls"),
        Rule("egress", lambda vpc: vpc.egress and vpc.no_egress,
             "has addresses, but vpc.no_egress is true; remove one of the two"),
        Rule("subnet_cidrs", lambda vpc: vpc.no_egress and not vpc.subnet_cidrs,
             "is empty, but with vpc.no_egress the function reaches SageMaker through a VPC endpoint; write the CIDRs "
             "of vpc.subnet_ids, since session policies must allow the function's own calls"),
    )  # fmt: skip

    @property
    def allows_window(self) -> bool:
        """Whether the launch role may be assumed with a window (`gate.launch.window`)."""
        return self.none or self.accept_none

    @property
    def proxy_port(self) -> int | None:
        """The port of the proxy; None without a proxy."""
        return urlsplit(self.proxy).port if self.proxy else None

    @property
    def reaches_internet(self) -> bool:
        """Whether the function reaches services that have no VPC endpoint, such as Slack."""
        return not self.no_egress or bool(self.proxy)

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
