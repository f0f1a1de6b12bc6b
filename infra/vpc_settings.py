"""The section `vpc` of the settings: where the function runs, and by which way it leaves."""

from pydantic import Field, ValidationInfo, field_validator

from infra.sections import Section
from infra.setting_types import Network, Subnet, SubnetCidr, VpcId


class VpcSettings(Section):
    """Where the function runs: in an existing VPC, or, with an empty id, in one that the stack makes."""

    id: VpcId = ""
    subnet_ids: list[Subnet] = Field(default=[])
    no_egress: bool = False
    egress: list[Network] = Field(default=[], max_length=8)
    subnet_cidrs: list[SubnetCidr] = Field(default=[], max_length=8)

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
