"""The function's settings, read once from the environment that the stack sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

Pin = Literal["caller", "network", "networks"]
"""What an opened notebook is pinned to: the caller's address, its entry of the networks, or all of the networks."""

SignOut = Literal["provider", "here"]
"""Where signing out ends: with the provider's own session, or with the gate's."""


class ConfigError(Exception):
    """The environment lacks something; the text lists every problem, one a line."""


@dataclass(frozen=True, eq=False, repr=False)
class SlackConfig:
    """How the deployment knows Slack. Without teams, nobody comes in by it."""

    teams: tuple[str, ...]
    """Ids of the workspaces whose people may call."""
    email_domains: tuple[str, ...]
    """Domains whose addresses Slack is believed about; without any, Slack is not asked."""
    secret_arn: str
    """JSON with `signing_secret` and `bot_token`."""
    api_url: str
    hooks_urls: tuple[str, ...]
    """What a `response_url` begins with; nothing is posted elsewhere."""


@dataclass(frozen=True, eq=False, repr=False)
class Config:
    """What the deployment decided. See `Config.from_environ` for the variables."""

    base_url: str
    """Where people reach the gate, without a trailing slash: `https://host/stage` or `https://host`."""
    table: str
    launch_role_arn: str
    region: str
    session_secret_arn: str
    issuer: str
    client_id: str
    client_secret_arn: str
    """Empty: a public client, which PKCE alone protects."""
    scopes: tuple[str, ...]
    """What the provider is asked for (OpenID Connect Core §5.4)."""
    user_claim: str
    """The claim by whose value `user:` grants name people."""
    groups_claim: str
    """The claim that lists a person's groups, or a path to it, such as `realm_access.roles`."""
    groups: tuple[str, ...]
    """Shell-style patterns of the groups that can matter to a grant."""
    audiences: tuple[str, ...]
    """Ids of further applications at the provider whose ID tokens count as bearer tokens."""
    trust_email: bool
    sign_out: SignOut
    user_roles: tuple[str, ...]
    pin: Pin
    networks: tuple[str, ...]
    """CIDRs from which people come; told only where `pin` is `network`."""
    private_endpoints: tuple[str, ...]
    """VPC endpoints through which alone the API is reached; with any, it sees callers' addresses in the VPC."""
    vpc_endpoints: tuple[str, ...]
    """VPC endpoints through which notebooks may be opened and used."""
    egress: tuple[str, ...]
    """CIDRs of the public addresses from which the function itself reaches AWS."""
    subnet_cidrs: tuple[str, ...]
    """CIDRs of the subnets from which the function itself reaches SageMaker's API through one of `vpc_endpoints`."""
    sign_in_seconds: int
    max_session: int
    """Seconds; also the length of a grant that names none."""
    remote_locations: tuple[str, ...]
    """Other locations, `account/region`, whose notebooks grants may name."""
    remote_role: str
    """The launch role's name in other accounts."""
    external_id: str
    slack: SlackConfig

    @property
    def base_path(self) -> str:
        """The path under which all routes lie: `/prod` under a stage, empty on a domain of one's own."""
        return urlsplit(self.base_url).path

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a browser writes them into the `Origin` header (RFC 6454)."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secure(self) -> bool:
        """Whether cookies can carry `Secure`: everywhere but on this machine."""
        return self.base_url.startswith("https://")

    @property
    def own_host(self) -> bool:
        """Whether the gate has a host name to itself: an own domain, and not a stage of API Gateway's."""
        return self.secure and not self.base_path

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Read the settings out of `environ` (the process environment).

        Raises `ConfigError` naming every variable that is missing or malformed.
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
        )
        if problems:
            raise ConfigError("\n".join(problems))
        return config
