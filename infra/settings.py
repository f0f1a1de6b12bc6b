"""The deployment's settings: read from `gate.toml`, and every problem told at once."""

import ipaddress
import re
import reprlib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from infra.identity_settings import IdentitySettings
from infra.sections import (
    AlarmSettings,
    DomainSettings,
    LimitSettings,
    RemoteSettings,
    Section,
    SlackSettings,
    StackSettings,
)
from infra.setting_types import Network, VpcEndpoint, pattern
from infra.vpc_settings import VpcSettings

LONGEST_NETWORKS = 2000
"""Characters of all networks in the function's environment, where all variables together have 4 KB (Lambda quotas)."""


class SettingsError(Exception):
    """The settings can't be deployed; the text names each setting, its value and the mend, one a line."""


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
    remote: RemoteSettings = RemoteSettings()
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

    @field_validator("vpc")
    @classmethod
    def _suits_slack(cls, value: VpcSettings, info: ValidationInfo) -> VpcSettings:
        if value.proxy.startswith("https:") and "slack" in info.data and info.data["slack"].teams:
            raise ValueError(
                "has an https:// proxy, which Slack's library can't use; write one with http:// (what goes through it "
                "is encrypted all the same), or leave slack.teams empty"
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
        return cls.parse(data, source=path.name, folder=path.parent)

    @classmethod
    def parse(cls, data: dict[str, Any], *, source: str = "settings", folder: Path | None = None) -> "Settings":
        """Check `data`, the settings as nested dicts. Raises `SettingsError` with all problems at once.

        `folder`: where the files are that settings name; without, these are not checked.
        """
        try:
            return cls.model_validate(data, context={"folder": folder})
        except ValidationError as error:
            lines = [f"{source}: {_line(detail)}" for detail in error.errors(include_url=False)]
            raise SettingsError("\n".join(lines)) from None


def _line(detail: ErrorDetails) -> str:
    location = ""
    for part in detail["loc"]:
        location += f"[{part}]" if isinstance(part, int) else f".{part}" if location else part
    if detail["type"] == "extra_forbidden":
        return f"{location} is no setting; see the example gate.toml for the names there are"
    if detail["type"] == "too_long":
        most, count = detail["ctx"]["max_length"], detail["ctx"]["actual_length"]
        advice = _TOO_LONG.get(location, _TOO_LONG[""])
        return f"{location} has {count} entries, and at most {most} are possible: {advice}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] != "value_error":
        message = f"is not right: {message[0].lower()}{message[1:]}"
    # A whole section is told by its name alone.
    value = "" if isinstance(detail["input"], (dict, Section)) and detail["type"] == "value_error" else detail["input"]
    if isinstance(value, str):
        value = re.sub("//.*@", "//***@", value)  # what is told is printed, and kept by build systems
    return f"{location}{f' = {_SHORT.repr(value)}' if value != '' or detail['input'] == '' else ''} {message}"


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
