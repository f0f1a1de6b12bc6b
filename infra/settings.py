"""The settings of a deployment: read from `gate.toml`, with every problem reported at once."""

import ipaddress
import re
import reprlib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from infra.field_types import Cidr, VpcEndpointId, matching
from infra.identity_settings import IdentitySettings
from infra.request_settings import RequestSettings
from infra.sections import (
    AlarmSettings,
    DomainSettings,
    LimitSettings,
    RemoteSettings,
    SettingsSection,
    SlackSettings,
    StackSettings,
)
from infra.vpc_settings import VpcSettings

MAX_NETWORKS_LENGTH = 2000
"""Characters of all networks in the function's environment. All variables together have 4 KB (Lambda quotas)."""

PrivateHost = Literal["api", "endpoint"]
"""The host name of a private API: that of the API, or that of the API at its first endpoint."""


class SettingsError(Exception):
    """The settings are invalid; each line of the message names a setting, its value and the fix."""


class Settings(SettingsSection):
    """All settings. `gate.toml` explains each of them."""

    name: Annotated[
        str,
        matching(
            r"[A-Za-z][A-Za-z0-9-]{0,127}",
            "is not a stack name; write a letter, then letters, digits and hyphens, at most 128 characters",
        ),
    ] = "notebook-gate"
    allow_any_network: bool = False
    private_endpoints: list[VpcEndpointId] = Field(default=[], max_length=8)
    private_host: PrivateHost = "api"
    vpc_endpoints: list[VpcEndpointId] = Field(default=[], max_length=8)
    networks: list[Cidr] = Field(default=[], max_length=100)
    pin: Literal["caller", "network", "networks"] = "caller"
    snap_start: bool = True
    identity: IdentitySettings = IdentitySettings()
    slack: SlackSettings = SlackSettings()
    vpc: VpcSettings = VpcSettings()
    domain: DomainSettings = DomainSettings()
    remote: RemoteSettings = RemoteSettings()
    requests: RequestSettings = RequestSettings()
    limits: LimitSettings = LimitSettings()
    alarms: AlarmSettings = AlarmSettings()
    stack: StackSettings = StackSettings()

    @field_validator("private_host")
    @classmethod
    def _requires_a_private_api(cls, value: str, info: ValidationInfo) -> str:
        if value == "endpoint" and not info.data.get("private_endpoints", True):
            raise ValueError("is for a private API; set private_endpoints, or leave it out")
        return value

    @field_validator("networks")
    @classmethod
    def _allow_some_addresses(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if not value and not (info.data.get("private_endpoints") and info.data.get("vpc_endpoints")):
            raise ValueError('allows no address; write the public addresses of your users, such as ["203.0.113.0/24"]')
        parsed = [ipaddress.ip_network(text) for text in value]
        v4 = ipaddress.collapse_addresses(net for net in parsed if isinstance(net, ipaddress.IPv4Network))
        v6 = ipaddress.collapse_addresses(net for net in parsed if isinstance(net, ipaddress.IPv6Network))
        # Merged first: 0.0.0.0/1 and 128.0.0.0/1 together are all addresses, too.
        all_addresses = any(net.prefixlen == 0 for net in v4) or any(net.prefixlen == 0 for net in v6)
        if all_addresses and not info.data.get("allow_any_network", False):
            raise ValueError(
                "allows every address; write your own networks, or set allow_any_network = true if this is intended"
            )
        return value

    @field_validator("pin")
    @classmethod
    def _can_be_enforced(cls, value: str, info: ValidationInfo) -> str:
        if value == "caller" and info.data.get("private_endpoints") and not info.data.get("vpc_endpoints"):
            raise ValueError(
                "cannot work with a private API without vpc_endpoints, since callers have private addresses; set "
                'vpc_endpoints, or pin = "networks"'
            )
        if value == "network" and info.data.get("private_endpoints"):
            raise ValueError(
                "cannot work with a private API, since no entry of networks contains a private address; write "
                'pin = "caller" or pin = "networks"'
            )
        if value == "network" and len(",".join(info.data.get("networks", []))) > MAX_NETWORKS_LENGTH:
            raise ValueError(
                "puts all networks into the function's environment, where they may have at most "
                f'{MAX_NETWORKS_LENGTH} characters; join adjacent networks, or write pin = "networks"'
            )
        return value

    @field_validator("vpc")
    @classmethod
    def _subnet_cidrs_require_an_endpoint(cls, value: VpcSettings, info: ValidationInfo) -> VpcSettings:
        if value.subnet_cidrs and "vpc_endpoints" in info.data and not info.data["vpc_endpoints"]:
            raise ValueError(
                "has subnet_cidrs, but vpc_endpoints is empty; add the endpoint of SageMaker's API that these subnets "
                "use to vpc_endpoints, or leave subnet_cidrs empty"
            )
        return value

    @field_validator("vpc")
    @classmethod
    def _without_egress_needs_no_internet(cls, value: VpcSettings, info: ValidationInfo) -> VpcSettings:
        if value.reaches_internet:
            return value
        problems = []
        if "identity" in info.data and not info.data["identity"].issuer:
            problems.append(
                "cannot reach the user pool of the stack, which has no VPC endpoint; set identity.issuer to a provider "
                "that the subnets can reach, or set vpc.proxy"
            )
        if "slack" in info.data and info.data["slack"].teams:
            problems.append("cannot reach Slack; leave slack.teams empty, or set vpc.proxy")
        if problems:
            raise ValueError("has no_egress = true, which " + ", and ".join(problems))
        return value

    @field_validator("vpc")
    @classmethod
    def _proxy_works_with_slack(cls, value: VpcSettings, info: ValidationInfo) -> VpcSettings:
        if value.proxy.startswith("https:") and "slack" in info.data and info.data["slack"].teams:
            raise ValueError(
                "has an https:// proxy, which Slack's library does not support; write one with http:// (connections "
                "through it are still encrypted), or leave slack.teams empty"
            )
        return value

    @field_validator("slack", "domain")
    @classmethod
    def _requires_a_public_api(cls, value: SettingsSection, info: ValidationInfo) -> SettingsSection:
        if info.data.get("private_endpoints") and value != type(value)():
            raise ValueError("is set, but the API is private; remove this section, or leave private_endpoints empty")
        return value

    @field_validator("remote")
    @classmethod
    def _is_reached(cls, value: RemoteSettings, info: ValidationInfo) -> RemoteSettings:
        if len(value.regions) > 1 and "vpc" in info.data and info.data["vpc"].no_egress:
            raise ValueError(
                f"has locations in {' and '.join(value.regions)}, but with vpc.no_egress the function reaches "
                "SageMaker in its own region alone; give the subnets egress (vpc.egress), or remove the other locations"
            )
        return value

    @field_validator("requests")
    @classmethod
    def _reaches_slack(cls, value: RequestSettings, info: ValidationInfo) -> RequestSettings:
        if value.slack_channel and "slack" in info.data and not info.data["slack"].teams:
            raise ValueError("has a slack_channel, but slack.teams is empty; set slack.teams, or remove slack_channel")
        return value

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """Read the settings from the TOML file at `path`. Raises `SettingsError` that lists all problems."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SettingsError(
                f"{path.name}: the file does not exist; copy the example and write your settings"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path.name}: the file is not valid TOML: {error}") from None
        return cls.parse(data, source=path.name, folder=path.parent)

    @classmethod
    def parse(cls, data: dict[str, Any], *, source: str = "settings", folder: Path | None = None) -> "Settings":
        """Check the settings `data`, as nested dicts. Raises `SettingsError` that lists all problems.

        `source`: the name that begins each line of the error. `folder`: the folder of the files that settings name; if
        None, these files are not checked.
        """
        try:
            return cls.model_validate(data, context={"folder": folder})
        except ValidationError as error:
            lines = [f"{source}: {_message(detail)}" for detail in error.errors(include_url=False)]
            raise SettingsError("\n".join(lines)) from None


def _message(detail: ErrorDetails) -> str:
    location = ""
    for part in detail["loc"]:
        location += f"[{part}]" if isinstance(part, int) else f".{part}" if location else part
    if detail["type"] == "extra_forbidden":
        return f"{location} is not a setting; see the example gate.toml for all names"
    if detail["type"] == "too_long":
        maximum, count = detail["ctx"]["max_length"], detail["ctx"]["actual_length"]
        return f"{location} has {count} entries, but the maximum is {maximum}: {_TOO_LONG.get(location, _TOO_LONG[''])}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] != "value_error":
        message = f"is invalid: {message[0].lower()}{message[1:]}"
    # A section is reported without its value.
    value = (
        ""
        if isinstance(detail["input"], (dict, SettingsSection)) and detail["type"] == "value_error"
        else detail["input"]
    )
    if isinstance(value, str):
        value = re.sub("//.*@", "//***@", value)  # build systems keep what is printed
    return f"{location}{f' = {_SHORT.repr(value)}' if value != '' or detail['input'] == '' else ''} {message}"


_SHORT = reprlib.Repr()
"""Shortens long values, so that each problem stays one readable line."""
_SHORT.maxlist, _SHORT.maxstring, _SHORT.maxother = 6, 200, 200

_TOO_LONG = {
    "networks": "API Gateway's resource policy (8,192 bytes) and the launch role's policies (10,240 characters with "
    "those of gate revoke) must hold all of them. Join adjacent ranges: 203.0.112.0/24 and 203.0.113.0/24 are "
    "203.0.112.0/23",
    "": "the policies that name them have no more room. Remove those that are not needed",
}
"""Why a list is too long and how to fix it, by setting."""
