"""The settings of the function, from the environment variables that the stack sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

Pin = Literal["caller", "network", "networks"]
"""Where an opened notebook can be used: at the caller's address, in the caller's network, or in all networks."""

SignOut = Literal["provider", "here"]
"""Which sessions signing out ends: also the one at the identity provider, or the gate's only."""


class ConfigError(Exception):
    """The environment is incomplete or malformed. The text has one line for each problem."""


@dataclass(frozen=True, eq=False, repr=False)
class SlackConfig:
    """The settings of Slack. Without teams, Slack is off."""

    teams: tuple[str, ...]
    """The ids of the workspaces whose requests are accepted."""
    email_domains: tuple[str, ...]
    """The domains for which Slack's e-mail addresses are trusted. If empty, Slack is not asked for addresses."""
    secret_arn: str
    """The ARN of the secret: JSON with `signing_secret` and `bot_token`."""
    api_url: str
    hooks_urls: tuple[str, ...]
    """The allowed prefixes of a `response_url`. The gate posts to no other URLs."""


@dataclass(frozen=True, eq=False, repr=False)
class Config:
    """The settings of the deployment. `Config.from_environ` has the names of the variables."""

    base_url: str
    """The gate's public URL, without a trailing slash: `https://host/stage` or `https://host`."""
    table: str
    launch_role_arn: str
    region: str
    session_secret_arn: str
    decision_secret_arn: str
    """The ARN of the key that proves who decides. Only the function that takes access requests has it."""
    issuer: str
    client_id: str
    client_secret_arn: str
    """Empty for a public client, which has no secret and is protected by PKCE alone."""
    scopes: tuple[str, ...]
    """The scopes to request from the provider (OpenID Connect Core §5.4)."""
    user_claim: str
    """The claim with the name by which `user:` grants identify people."""
    groups_claim: str
    """The claim with a person's groups, or the path to it, such as `realm_access.roles`."""
    groups: tuple[str, ...]
    """Shell-style patterns of the groups that grants may name. Other groups are ignored."""
    audiences: tuple[str, ...]
    """The client ids of other applications at the provider whose ID tokens are accepted as bearer tokens."""
    trust_email: bool
    sign_out: SignOut
    user_roles: tuple[str, ...]
    pin: Pin
    networks: tuple[str, ...]
    """The CIDRs of the networks that people use. Required, and used, only if `pin` is `network`."""
    private_endpoints: tuple[str, ...]
    """The VPC endpoints of a private API. If not empty, callers' addresses are addresses in the VPC."""
    vpc_endpoints: tuple[str, ...]
    """The VPC endpoints through which notebooks may be opened and used."""
    egress: tuple[str, ...]
    """The CIDRs of the public addresses of the function's own calls to AWS."""
    subnet_cidrs: tuple[str, ...]
    """The CIDRs of the function's subnets, if its own calls to SageMaker go through one of `vpc_endpoints`."""
    sign_in_seconds: int
    max_session: int
    """The longest session of a notebook, in seconds. Also the default for grants without a session length."""
    remote_locations: tuple[str, ...]
    """Other accounts and regions (`account/region`) whose notebooks grants may name."""
    remote_role: str
    """The name of the launch role in other accounts."""
    external_id: str
    slack: SlackConfig
    requests_function_arn: str
    """The ARN of the function that takes access requests. Empty if people cannot ask for access here."""
    access_requests: str
    """The rules of access requests (JSON). Only the function that takes them has it."""

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

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Read the settings from `environ`, the environment of the process.

        Raises `ConfigError` that lists every missing or malformed variable.
        """
        problems: list[str] = []

        def text(name: str, *, optional: bool = False) -> str:
            value = environ.get(name, "")
            if not value and not optional:
                problems.append(f"{name} is not set")
            return value

        def words(name: str, *, optional: bool = True) -> tuple[str, ...]:
            return tuple(word.strip() for word in text(name, optional=optional).split(",") if word.strip())

        def seconds(name: str) -> int:
            value = environ.get(name, "")
            if not value.isdecimal():
                problems.append(f"{name}={value!r} is not a whole number of seconds")
                return 0
            return int(value)

        def choice(name: str, options: tuple[str, ...]) -> str:
            value = environ.get(name, "")
            if value not in options:
                problems.append(f"{name}={value!r} is not one of {', '.join(options)}")
            return value

        config = cls(
            base_url=text("GATE_BASE_URL").rstrip("/"),
            table=text("GATE_TABLE"),
            launch_role_arn=text("GATE_LAUNCH_ROLE_ARN"),
            region=text("AWS_REGION"),
            session_secret_arn=text("GATE_SESSION_SECRET_ARN"),
            decision_secret_arn=text("GATE_DECISION_SECRET_ARN", optional=not environ.get("GATE_ACCESS_REQUESTS")),
            issuer=text("GATE_ISSUER"),
            client_id=text("GATE_CLIENT_ID"),
            client_secret_arn=text("GATE_CLIENT_SECRET_ARN", optional=True),
            scopes=tuple(text("GATE_SCOPES").split()),
            user_claim=text("GATE_USER_CLAIM"),
            groups_claim=text("GATE_GROUPS_CLAIM"),
            groups=words("GATE_GROUPS"),
            audiences=words("GATE_AUDIENCES"),
            trust_email=choice("GATE_TRUST_EMAIL", ("true", "false")) == "true",
            sign_out=cast("SignOut", choice("GATE_SIGN_OUT", get_args(SignOut))),
            user_roles=words("GATE_USER_ROLES"),
            pin=cast("Pin", choice("GATE_PIN", get_args(Pin))),
            networks=words("GATE_NETWORKS", optional=environ.get("GATE_PIN") != "network"),
            private_endpoints=words("GATE_PRIVATE_ENDPOINTS"),
            vpc_endpoints=words("GATE_VPC_ENDPOINTS"),
            egress=words("GATE_EGRESS"),
            subnet_cidrs=words("GATE_SUBNET_CIDRS"),
            sign_in_seconds=seconds("GATE_SIGN_IN_SECONDS"),
            max_session=seconds("GATE_MAX_SESSION"),
            remote_locations=words("GATE_REMOTE_LOCATIONS"),
            remote_role=text("GATE_REMOTE_ROLE", optional=not words("GATE_REMOTE_LOCATIONS")),
            external_id=text("GATE_EXTERNAL_ID", optional=not words("GATE_REMOTE_LOCATIONS")),
            slack=SlackConfig(
                teams=words("GATE_SLACK_TEAMS"),
                email_domains=words("GATE_SLACK_EMAIL_DOMAINS"),
                secret_arn=text("GATE_SLACK_SECRET_ARN", optional=not words("GATE_SLACK_TEAMS")),
                api_url=text("GATE_SLACK_API_URL", optional=not words("GATE_SLACK_TEAMS")),
                hooks_urls=words("GATE_SLACK_HOOKS_URLS"),
            ),
            requests_function_arn=text("GATE_REQUESTS_FUNCTION_ARN", optional=True),
            access_requests=text("GATE_ACCESS_REQUESTS", optional=True),
        )
        if problems:
            raise ConfigError("\n".join(problems))
        return config
