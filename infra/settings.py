"""The deployment's settings: read from `gate.toml`, and every problem told at once."""

import ipaddress
import re
import reprlib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from infra.setting_types import (
    Account,
    ExternalId,
    HostName,
    Issuer,
    MailDomain,
    Network,
    Place,
    PolicyArn,
    Qualifier,
    RoleArn,
    SecretArn,
    SlackTeam,
    Subnet,
    SubnetCidr,
    TopicArn,
    VpcEndpoint,
    VpcId,
    pattern,
)

SHORTEST_SESSION, LONGEST_SESSION = 1800, 43_200
"""Seconds; the range that CreatePresignedNotebookInstanceUrl takes (API reference)."""

LONGEST_NETWORKS = 2000
"""Characters of all networks in the function's environment, where all variables together have 4 KB (Lambda quotas)."""

LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Retention periods that CloudWatch Logs knows (API reference of PutRetentionPolicy)."""


class SettingsError(Exception):
    """The settings can't be deployed; the text names each setting, its value and the mend, one a line."""


class Section(BaseModel):
    """A part of the settings: frozen, and unknown names are errors, since a misspelt limit is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class IdentitySettings(Section):
    """Who people are, and who says so."""

    issuer: Issuer = ""
    client_id: str = ""
    client_secret_arn: SecretArn = ""
    groups_claim: str = Field(default="groups", min_length=1)
    groups: list[str] = ["*"]
    trust_email: bool = False
    sign_in_seconds: int = Field(default=28_800, ge=300, le=86_400)
    user_roles: list[RoleArn] = []
    iam_accounts: list[Account] = []

    @field_validator("client_id")
    @classmethod
    def _goes_with_the_issuer(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("issuer") and not value:
            raise ValueError("is missing for the issuer; write the id of the application that you registered there")
        if "issuer" in info.data and not info.data["issuer"] and value:
            raise ValueError("names an application but identity.issuer is empty; write the issuer, or leave both empty")
        return value

    @field_validator("groups")
    @classmethod
    def _can_be_joined(cls, value: list[str]) -> list[str]:
        if any("," in pattern or not pattern.strip() for pattern in value):
            raise ValueError('has a pattern that is empty or has a comma; write one pattern an entry, such as "ds-*"')
        return value


class SlackSettings(Section):
    """Which Slack workspaces the gate answers; without any, it has no address for Slack."""

    teams: list[SlackTeam] = Field(default=[], max_length=20)
    email_domains: list[MailDomain] = Field(default=[], max_length=20)

    @field_validator("email_domains")
    @classmethod
    def _goes_with_a_team(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if value and "teams" in info.data and not info.data["teams"]:
            raise ValueError(
                "is for people in Slack but slack.teams is empty; write the workspace, or leave both empty"
            )
        return value


class VpcSettings(Section):
    """Where the function runs: in an existing VPC, or, with an empty id, in one that the stack makes."""

    id: VpcId = ""
    subnet_ids: list[Subnet] = []
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


class DomainSettings(Section):
    """A host name of one's own, or, with an empty name, API Gateway's."""

    name: HostName = ""
    certificate_arn: str = ""
    hosted_zone_id: str = ""
    hosted_zone_name: HostName = ""

    @field_validator("certificate_arn")
    @classmethod
    def _goes_with_the_name(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("name") and not re.fullmatch(r"arn:[\w-]+:acm:[\w-]+:\d{12}:certificate/[\w-]+", value):
            raise ValueError("is no certificate; write the ARN of one for domain.name, in the stack's region")
        return value

    @field_validator("hosted_zone_name")
    @classmethod
    def _is_the_names_zone(cls, value: str, info: ValidationInfo) -> str:
        name, zone = info.data.get("name", ""), info.data.get("hosted_zone_id", "")
        if bool(zone) != bool(value):
            raise ValueError("and domain.hosted_zone_id go together; write both, or leave both empty")
        if value and name != value and not name.endswith(f".{value}"):
            raise ValueError(f'is not the zone of domain.name; write the zone in which "{name}" lies')
        return value


class ElsewhereSettings(Section):
    """Other accounts and regions whose notebooks grants may name."""

    places: list[Place] = Field(default=[], max_length=50)
    external_id: ExternalId = ""

    @field_validator("external_id")
    @classmethod
    def _goes_with_places(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("places") and not value:
            raise ValueError("is missing; write a word of your own that launch roles in other accounts ask for")
        return value

    @property
    def regions(self) -> list[str]:
        """All regions of these places, each once."""
        return sorted({place.partition("/")[2] for place in self.places})


class AlarmSettings(Section):
    """Who is told when something needs a look."""

    topic_arn: TopicArn = ""
    key_days: int = Field(default=180, ge=1, le=3650)


class StackSettings(Section):
    """What your organisation asks of every stack."""

    permissions_boundary: PolicyArn = ""
    bootstrap_qualifier: Qualifier = ""
    tags: dict[str, str] = {}

    @field_validator("tags")
    @classmethod
    def _are_tags(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not 1 <= len(name) <= 128 or len(text) > 256 or name.lower().startswith("aws:"):
                raise ValueError("has a tag that AWS does not take; write names of 1 to 128 characters, not aws:…")
        return value


class LimitSettings(Section):
    """How much and how long."""

    session: int = LONGEST_SESSION
    rate: int = Field(default=200, ge=1, le=10_000)
    burst: int = Field(default=400, ge=1, le=5_000)
    log_days: int = 365

    @field_validator("session")
    @classmethod
    def _is_in_the_apis_range(cls, value: int) -> int:
        if not SHORTEST_SESSION <= value <= LONGEST_SESSION:
            raise ValueError(
                f"is outside of what SageMaker takes; write seconds from {SHORTEST_SESSION} to {LONGEST_SESSION}"
            )
        return value

    @field_validator("log_days")
    @classmethod
    def _is_known_to_cloudwatch(cls, value: int) -> int:
        if value not in LOG_DAYS:
            raise ValueError(f"is no period that CloudWatch knows; write one of {', '.join(map(str, LOG_DAYS))}")
        return value


class Settings(Section):
    """All of `gate.toml`, where each setting is explained."""

    name: Annotated[str, pattern(r"[A-Za-z][A-Za-z0-9-]{0,127}", "use letters, digits and hyphens")] = "notebook-gate"
    allow_any_network: bool = False
    private_endpoints: list[VpcEndpoint] = Field(default=[], max_length=8)
    vpc_endpoints: list[VpcEndpoint] = Field(default=[], max_length=8)
    networks: list[Network] = Field(default=[], max_length=100)
    pin: Literal["caller", "network", "networks"] = "caller"
    snap_start: bool = True
    identity: IdentitySettings = IdentitySettings()
    slack: SlackSettings = SlackSettings()
    vpc: VpcSettings = VpcSettings()
    domain: DomainSettings = DomainSettings()
    elsewhere: ElsewhereSettings = ElsewhereSettings()
    limits: LimitSettings = LimitSettings()
    alarms: AlarmSettings = AlarmSettings()
    stack: StackSettings = StackSettings()

    @field_validator("networks")
    @classmethod
    def _are_somebodys(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if not value and not (info.data.get("private_endpoints") and info.data.get("vpc_endpoints")):
            raise ValueError('lets nobody in; write the public addresses of your people, such as ["203.0.113.0/24"]')
        parsed = [ipaddress.ip_network(text) for text in value]
        v4 = ipaddress.collapse_addresses(net for net in parsed if isinstance(net, ipaddress.IPv4Network))
        v6 = ipaddress.collapse_addresses(net for net in parsed if isinstance(net, ipaddress.IPv6Network))
        # Joined first: 0.0.0.0/1 beside 128.0.0.0/1 is everybody, too.
        everybody = any(net.prefixlen == 0 for net in v4) or any(net.prefixlen == 0 for net in v6)
        if everybody and not info.data.get("allow_any_network", False):
            raise ValueError(
                "lets every address in; write your own networks, or allow_any_network = true if that is what you mean"
            )
        return value

    @field_validator("pin")
    @classmethod
    def _can_be_known(cls, value: str, info: ValidationInfo) -> str:
        if value == "caller" and info.data.get("private_endpoints") and not info.data.get("vpc_endpoints"):
            raise ValueError(
                "is of no use with a private API, where callers have private addresses; write vpc_endpoints, or "
                'pin = "networks"'
            )
        if value == "network" and info.data.get("private_endpoints"):
            raise ValueError(
                "needs public addresses, but a private API sees private ones, which no entry of networks holds; write "
                'pin = "caller" or pin = "networks"'
            )
        if value == "network" and len(",".join(info.data.get("networks", []))) > LONGEST_NETWORKS:
            raise ValueError(
                f"hands all networks to the function, whose environment has room for {LONGEST_NETWORKS} characters of "
                'them; join neighbouring networks, or write pin = "networks"'
            )
        return value

    @field_validator("vpc")
    @classmethod
    def _leads_to_sagemaker(cls, value: VpcSettings, info: ValidationInfo) -> VpcSettings:
        if value.subnet_cidrs and "vpc_endpoints" in info.data and not info.data["vpc_endpoints"]:
            raise ValueError(
                "has subnet_cidrs, but vpc_endpoints is empty; write there the endpoint of SageMaker's API that these "
                "subnets use, or leave subnet_cidrs empty"
            )
        return value

    @field_validator("slack", "domain")
    @classmethod
    def _can_be_reached(cls, value: Section, info: ValidationInfo) -> Section:
        if info.data.get("private_endpoints") and value != type(value)():
            raise ValueError("is set, but the API is private; leave it out, or leave private_endpoints empty")
        return value

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """Read the settings from the TOML file at `path`. Raises `SettingsError` with all problems at once."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SettingsError(f"{path.name}: there is no such file; copy the example and put your own in") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path.name}: is not TOML: {error}") from None
        return cls.parse(data, source=path.name)

    @classmethod
    def parse(cls, data: dict[str, Any], *, source: str = "settings") -> "Settings":
        """Check `data`, the settings as nested dicts. Raises `SettingsError` with all problems at once."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            lines = [f"{source}: {_line(detail)}" for detail in error.errors(include_url=False)]
            raise SettingsError("\n".join(lines)) from None


def _line(detail: ErrorDetails) -> str:
    place = ""
    for part in detail["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else part
    if detail["type"] == "extra_forbidden":
        return f"{place} is no setting; see the example gate.toml for the names there are"
    if detail["type"] == "too_long":
        most, count = detail["ctx"]["max_length"], detail["ctx"]["actual_length"]
        return f"{place} has {count} entries, and at most {most} are possible: {_TOO_LONG.get(place, _TOO_LONG[''])}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] != "value_error":
        message = f"is not right: {message[0].lower()}{message[1:]}"
    # A whole section is told by its name alone.
    value = "" if isinstance(detail["input"], (dict, Section)) and detail["type"] == "value_error" else detail["input"]
    return f"{place}{f' = {_SHORT.repr(value)}' if value != '' or detail['input'] == '' else ''} {message}"


_SHORT = reprlib.Repr()
"""Writes values; of long ones the beginning, so that a problem stays one line that can be read."""
_SHORT.maxlist, _SHORT.maxstring, _SHORT.maxother = 6, 200, 200

_TOO_LONG = {
    "networks": "API Gateway's resource policy (8,192 bytes) and the launch role's policies (10,240 characters, with "
    "what gate revoke adds) must hold them all. Join ranges that are side by side: 203.0.112.0/24 and 203.0.113.0/24 "
    "are 203.0.112.0/23",
    "": "the policies that name them hold no more. Leave out those that are not needed",
}
"""Why a list is too long, and what to do, by its setting."""
