"""The settings of the function, from the environment variables that the stack sets."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

from gate.values.user_name import UserNames

Pin = Literal["caller", "network", "networks"]
"""Where an opened notebook can be used: at the caller's address, in the caller's network, or in all networks."""

SignOut = Literal["provider", "here"]
"""What signing out ends: also the session at the identity provider, or the sign-in session at the gate only."""


def pins_to_networks(pin: Pin, *, without_vpc: bool) -> bool:
    """Return whether session policies name networks of the settings. With a VPC, the launch role's Deny names all."""
    return pin == "network" or (pin == "networks" and without_vpc)


class ConfigError(Exception):
    """The environment is incomplete or malformed. The text has one line for each problem."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SlackConfig:
    """The settings of Slack. Without teams, Slack is off."""

    teams: tuple[str, ...] = ()
    """The ids of the workspaces whose requests are accepted."""
    email_domains: tuple[str, ...] = ()
    """The domains for which Slack's e-mail addresses are trusted. If empty, Slack is not asked for addresses."""
    secret_arn: str = ""
    """The ARN of the secret: JSON with `signing_secret` and `bot_token`."""
    api_url: str = ""
    hooks_urls: tuple[str, ...] = ()
    """The allowed prefixes of a `response_url`. The gate posts to no other URLs."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Config:
    """The settings of the deployment.

    Each field is a variable, unless it says otherwise: `table` is `GATE_TABLE`, and `slack.teams` is
    `GATE_SLACK_TEAMS`. A field with a default may be absent.
    """

    base_url: str
    """The gate's public URL, without a trailing slash: `https://host/stage` or `https://host`."""
    table: str
    launch_role_arn: str
    region: str = field(metadata={"variable": "AWS_REGION"})
    session_secret_arn: str
    decision_secret_arn: str = ""
    """The ARN of the key that proves who decides. Only the function that takes access requests has it."""
    issuer: str
    client_id: str
    client_secret_arn: str = ""
    """Empty for a public client, which has no secret and is protected by PKCE alone."""
    scopes: tuple[str, ...] = field(metadata={"separator": " "})
    """The scopes to request from the provider (OpenID Connect Core §5.4)."""
    user_claim: str
    """The claim with the name by which `user:` grants identify people."""
    groups_claim: str
    """The claim with a person's groups, or the path to it, such as `realm_access.roles`."""
    groups: tuple[str, ...] = ()
    """Shell-style patterns of the groups that grants may name. Other groups are ignored."""
    audiences: tuple[str, ...] = ()
    """The client ids of other applications at the provider whose ID tokens are accepted as bearer tokens."""
    trust_email: bool
    sign_out: SignOut
    user_roles: tuple[str, ...] = ()
    pin: Pin
    networks: tuple[str, ...] = ()
    """The CIDRs of the networks that people use. Required, and used, only if session policies name them."""
    without_vpc: bool = False
    """Whether the function runs outside of a VPC, so that its own addresses are not known."""
    private_endpoints: tuple[str, ...] = ()
    """The VPC endpoints of a private API. If not empty, callers' addresses are addresses in the VPC."""
    vpc_endpoints: tuple[str, ...] = ()
    """The VPC endpoints through which notebooks may be opened and used."""
    egress: tuple[str, ...] = ()
    """The CIDRs of the public addresses of the function's own calls to AWS."""
    subnet_cidrs: tuple[str, ...] = ()
    """The CIDRs of the function's subnets, if its own calls to SageMaker go through one of `vpc_endpoints`."""
    sign_in_seconds: int
    max_session: int
    """The longest notebook session, in seconds. Also the default for grants without a length."""
    remote_locations: tuple[str, ...] = ()
    """Other accounts and regions (`account/region`) whose notebooks grants may name."""
    remote_role: str = ""
    """The name of the launch role in other accounts."""
    external_id: str = ""
    studio_domains: tuple[str, ...] = ()
    """The ids of the Studio domains that grants may name. `account/region/` is before those of other locations."""
    user_names: UserNames
    slack: SlackConfig
    requests_function_arn: str = ""
    """The ARN of the function that takes access requests, to which the one that opens notebooks forwards Slack's."""
    denies_function_arn: str = ""
    """The ARN of the function that cuts off open notebooks. Only the function that takes access requests has it."""
    access_requests: str = ""
    """The rules of access requests (JSON). Empty if people cannot ask for access here."""

    @property
    def home(self) -> str:
        """The account and region of the deployment (`account/region`). Its notebooks are named without them."""
        return f"{self.launch_role_arn.split(':')[4]}/{self.region}"

    @property
    def base_path(self) -> str:
        """The prefix of all paths: `/prod` for an API Gateway stage, empty for a custom domain."""
        return urlsplit(self.base_url).path

    @property
    def origin(self) -> str:
        """Scheme, host and port, in the form of the `Origin` header (RFC 6454)."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secure(self) -> bool:
        """Whether cookies have the `Secure` attribute: always, except in a local deployment."""
        return self.base_url.startswith("https://")

    @property
    def own_host(self) -> bool:
        """Whether the gate has its own host name: a custom domain, and not an API Gateway stage."""
        return self.secure and not self.base_path

    def is_former_host(self, host: str) -> bool:
        """Whether `host` is API Gateway's own address, which is kept beside a custom domain (`domain.keep_default`)."""
        return self.own_host and bool(host) and host != urlsplit(self.base_url).netloc

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Read the settings from `environ`, the environment of the process.

        Raises `ConfigError` that lists every missing or malformed variable.
        """
        problems: list[str] = []
        config: Config = _read(cls, environ, "GATE_", problems)
        for needed, names in (
            (pins_to_networks(config.pin, without_vpc=config.without_vpc), ("GATE_NETWORKS",)),
            (config.remote_locations, ("GATE_REMOTE_ROLE", "GATE_EXTERNAL_ID")),
            (config.slack.teams, ("GATE_SLACK_SECRET_ARN", "GATE_SLACK_API_URL")),
            (config.denies_function_arn, ("GATE_DECISION_SECRET_ARN", "GATE_ACCESS_REQUESTS")),
        ):
            problems += [f"{name} is not set" for name in names if needed and not environ.get(name)]
        if problems:
            raise ConfigError("\n".join(problems))
        return config


def _read(kind: Any, environ: Mapping[str, str], prefix: str, problems: list[str]) -> Any:
    """Return a `kind` whose fields have the values of the variables with their names after `prefix`.

    A field without a default is required. `problems`: gets a line for each missing or malformed variable.
    """
    values: dict[str, Any] = {}
    for each in fields(kind):
        name = each.metadata.get("variable", f"{prefix}{each.name.upper()}")
        if is_dataclass(each.type):
            values[each.name] = _read(each.type, environ, f"{name}_", problems)
        elif environ.get(name) or each.default is MISSING:
            try:
                values[each.name] = _value(each.type, environ.get(name, ""), each.metadata.get("separator", ","))
            except ValueError as problem:
                problems.append(f"{name}{problem}")
                values[each.name] = ""
    return kind(**values)


def _value(kind: Any, text: str, separator: str) -> Any:
    """Return the value of a variable. Raises `ValueError` with the end of a line that begins with its name."""
    options = ("true", "false") if kind is bool else get_args(kind) if get_origin(kind) is Literal else ()
    if options and text not in options:
        raise ValueError(f"={text!r} is not one of {', '.join(options)}")
    if kind is int and not text.isdecimal():
        raise ValueError(f"={text!r} is not a whole number of seconds")
    if not text:
        raise ValueError(" is not set")
    if get_origin(kind) is tuple:
        return tuple(word.strip() for word in text.split(separator) if word.strip())
    return text == "true" if kind is bool else kind(text) if kind is int else text
