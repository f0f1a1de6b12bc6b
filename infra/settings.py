"""The settings of a deployment: read from `gate.toml`, with every problem reported at once."""

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError

from gate.platform.config import pins_to_networks
from infra.field_types import Cidr, StackName, VpcEndpointId
from infra.identity_settings import IdentitySettings
from infra.request_settings import RequestSettings
from infra.sections import (
    SEPARATOR_VARIABLE,
    AlarmSettings,
    DomainSettings,
    KeySettings,
    LimitSettings,
    RemoteSettings,
    SlackSettings,
    StackSettings,
    StudioSettings,
    UserNameSettings,
)
from infra.settings_base import Needs, Rule, SettingsSection, Variable
from infra.settings_errors import SettingsError, message_of
from infra.tokens import list_tokens, tokens
from infra.vpc_settings import VpcSettings

REQUESTS_VARIABLE = "GATE_ACCESS_REQUESTS"
"""The variable of the function that takes access requests. No other function has it."""

MAX_PINNED_LENGTH = 800
"""The characters of all networks together that fit into each session policy (`gate.launch.policy`)."""

PrivateHost = Literal["api", "endpoint"]
"""The host name of a private API: that of the API, or that of the API at its first endpoint."""


_PUBLIC = "is set, but the API is private; remove this section, or leave private_endpoints empty"


class Settings(SettingsSection):
    """All settings. `gate.toml` explains each of them."""

    name: Annotated[StackName, Variable("POWERTOOLS_SERVICE_NAME")] = "notebook-gate"
    allow_any_network: bool = False
    private_endpoints: Annotated[list[VpcEndpointId], Variable("GATE_PRIVATE_ENDPOINTS")] = Field(
        default=[], max_length=8
    )
    private_host: Annotated[PrivateHost, Needs("private_endpoints")] = "api"
    vpc_endpoints: Annotated[list[VpcEndpointId], Variable("GATE_VPC_ENDPOINTS")] = Field(default=[], max_length=8)
    networks: Annotated[
        list[Cidr], Variable("GATE_NETWORKS", shorten='join adjacent networks, or write pin = "networks"')
    ] = Field(default=[], max_length=100)
    pin: Annotated[Literal["caller", "network", "networks"], Variable("GATE_PIN")] = "caller"
    snap_start: bool = True
    identity: IdentitySettings = IdentitySettings()
    slack: SlackSettings = SlackSettings()
    vpc: VpcSettings = VpcSettings()
    domain: DomainSettings = DomainSettings()
    studio: StudioSettings = StudioSettings()
    user_names: UserNameSettings = UserNameSettings()
    remote: RemoteSettings = RemoteSettings()
    requests: Annotated[
        RequestSettings, Variable(REQUESTS_VARIABLE, shorten="name groups as approvers, in place of people")
    ] = RequestSettings()
    limits: LimitSettings = LimitSettings()
    alarms: AlarmSettings = AlarmSettings()
    keys: KeySettings = KeySettings()
    stack: StackSettings = StackSettings()
    _folder: Path = PrivateAttr(default=Path())

    rules = (
        Rule("networks", lambda gate: not gate.networks and not (gate.private_endpoints and gate.vpc_endpoints),
             'allows no address; write the public addresses of your users, such as ["203.0.113.0/24"]'),
        Rule("networks", lambda gate: not gate.allow_any_network and _every_address(gate.networks),
             "allows every address; write your own networks, or set allow_any_network = true if this is intended"),
        Rule("pin", lambda gate: gate.pin == "caller" and gate.private_endpoints and not gate.vpc_endpoints,
             "cannot work with a private API without vpc_endpoints, since callers have private addresses; set "
             'vpc_endpoints, or pin = "networks"'),
        Rule("pin", lambda gate: gate.pin == "network" and gate.private_endpoints,
             "cannot work with a private API, since no entry of networks contains a private address; write "
             'pin = "caller" or pin = "networks"'),
        Rule("slack", lambda gate: gate.private_endpoints and gate.slack != SlackSettings(), _PUBLIC),
        Rule("domain", lambda gate: gate.private_endpoints and gate.domain != DomainSettings(), _PUBLIC),
        Rule("vpc", lambda gate: gate.vpc.none and gate.private_endpoints,
             "has none = true, which cannot serve a private API; leave private_endpoints empty, or remove vpc.none"),
        Rule("vpc", lambda gate: gate.vpc.none and gate.vpc_endpoints,
             "has none = true, which cannot open notebooks through VPC endpoints; leave vpc_endpoints empty, or remove "
             "vpc.none"),
        Rule("vpc", lambda gate: gate.vpc.none and gate.pin == "networks"
             and len(",".join(gate.networks)) > MAX_PINNED_LENGTH,
             'has none = true, and with pin = "networks" session policies list all networks, for which these are too '
             'long; join adjacent networks, or write pin = "network"'),
        Rule("vpc", lambda gate: gate.vpc.subnet_cidrs and not gate.vpc_endpoints,
             "has subnet_cidrs, but vpc_endpoints is empty; add the endpoint of SageMaker's API that these subnets "
             "use to vpc_endpoints, or leave subnet_cidrs empty"),
        Rule("vpc", lambda gate: not gate.vpc.reaches_internet and not gate.identity.issuer,
             "has no_egress = true, which cannot reach the user pool of the stack, since that has no VPC endpoint; set "
             "identity.issuer to a provider that the subnets can reach, or set vpc.proxy"),
        Rule("vpc", lambda gate: not gate.vpc.reaches_internet and gate.slack.teams,
             "has no_egress = true, which cannot reach Slack; leave slack.teams empty, or set vpc.proxy"),
        Rule("vpc", lambda gate: gate.vpc.proxy.startswith("https:") and gate.slack.teams,
             "has an https:// proxy, which Slack's library does not support; write one with http:// (connections "
             "through it are still encrypted), or leave slack.teams empty"),
        Rule("remote", lambda gate: len(gate.remote.regions) > 1 and gate.vpc.no_egress,
             "has locations in several regions, but with vpc.no_egress the function reaches SageMaker in its own "
             "region alone; give the subnets egress (vpc.egress), or remove the other locations"),
        Rule("studio", lambda gate: set(gate.studio.locations) - set(gate.remote.locations),
             "names domains of a location that remote.locations does not list; add the location there, or write the "
             "id alone for a domain in the account and region of the gate"),
        Rule("user_names", lambda gate: gate.user_names.source == "claim" and gate.identity.user_claim == "email",
             'has source = "claim", but identity.user_claim is "email"; write source = "address" and the domain'),
        Rule("keys", lambda gate: gate.keys.client_secret and not gate.identity.client_secret_arn,
             "has a client_secret, but identity.client_secret_arn is empty; remove this key"),
        Rule("keys", lambda gate: gate.keys.topic and not gate.requests.topic_arn,
             "has a topic, but requests.topic_arn is empty; remove this key"),
        Rule("requests", lambda gate: gate.requests.slack_channel and not gate.slack.teams,
             "has a slack_channel, but slack.teams is empty; set slack.teams, or remove slack_channel"),
        Rule("requests", lambda gate: gate.requests.slack_groups and not gate.slack.teams,
             "has slack_groups, but slack.teams is empty; set slack.teams, or remove slack_groups"),
    )  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the function that hold settings.

        The rules of access requests are not among them: only the function that takes access requests has those.
        """
        # The list may be long and the environment is small, so it is set only if the function needs it.
        pinned = pins_to_networks(self.pin, without_vpc=self.vpc.none)
        unused = {REQUESTS_VARIABLE, *(() if pinned else ["GATE_NETWORKS"])}
        unused |= set() if self.vpc.none else {"GATE_WITHOUT_VPC"}
        unused |= set() if self.user_names.source else {SEPARATOR_VARIABLE}
        found = self.variables()
        return {
            "GATE_REMOTE_ROLE": self.remote_role if self.remote.locations else "",
            **{variable.name: variable.text(value) for _, variable, value in found if variable.name not in unused},
        }

    @property
    def ca_bundle(self) -> Path | None:
        """The path of the additional certificate authorities, which `vpc.ca_bundle` names; None without any."""
        return self._folder / self.vpc.ca_bundle if self.vpc.ca_bundle else None

    @property
    def remote_role(self) -> str:
        """The name of the launch role, which is the same in every other account."""
        return self.remote.role_name or f"{self.name}-launch"

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
        for name in tokens(data):
            raise SettingsError(
                f"{path.name}: {name} has a CDK token, which only the app that made it can resolve; write the value, "
                "or use Settings.parse in that app"
            )
        return cls.parse(data, source=path.name, folder=path.parent)

    @classmethod
    def parse(cls, data: dict[str, Any], *, source: str = "settings", folder: Path | None = None) -> "Settings":
        """Check the settings `data`, as nested dicts. Raises `SettingsError` that lists all problems.

        `source`: the name that begins each line of the error. `folder`: the folder of the files that settings name; if
        None, it is the working directory, and these files are not checked. Ids, ARNs and addresses may be CDK tokens.
        """
        for name in list_tokens(data):
            raise SettingsError(
                f"{source}: {name} is a token of a whole list, whose length is not known at synth; write its entries: "
                "[cdk.Fn.select(0, …), cdk.Fn.select(1, …)]"
            )
        try:
            settings = cls.model_validate(data, context={"folder": folder})
        except ValidationError as error:
            lines = [f"{source}: {message_of(detail)}" for detail in error.errors(include_url=False)]
            raise SettingsError("\n".join(lines)) from None
        settings._folder = folder or Path()
        return settings


def _every_address(networks: list[str]) -> bool:
    parsed = [ipaddress.ip_network(text) for text in networks]
    v4 = ipaddress.collapse_addresses(net for net in parsed if isinstance(net, ipaddress.IPv4Network))
    v6 = ipaddress.collapse_addresses(net for net in parsed if isinstance(net, ipaddress.IPv6Network))
    # Merged first: 0.0.0.0/1 and 128.0.0.0/1 together are all addresses, too.
    return any(net.prefixlen == 0 for net in v4) or any(net.prefixlen == 0 for net in v6)
