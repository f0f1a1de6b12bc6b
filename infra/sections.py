"""The smaller sections of the settings."""

from typing import Annotated, Literal

from pydantic import Field

from gate.store.grant_row import MAX_SESSION, MIN_SESSION
from gate.values.user_name import Source
from infra.arn_types import CertificateArn, KeyArn, PolicyArn, TopicArn
from infra.field_types import (
    EmailDomain,
    ExternalId,
    HostName,
    Location,
    Qualifier,
    RoleName,
    SlackTeamId,
    StudioDomain,
    TableName,
)
from infra.settings_base import Needs, Rule, SettingsSection, Variable

LogDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]  # fmt: skip
"""Retention periods of CloudWatch Logs (API reference of PutRetentionPolicy)."""


SEPARATOR_VARIABLE = "GATE_USER_NAMES_SEPARATOR"
"""The variable that the function needs only if people have names."""


class SlackSettings(SettingsSection):
    """The Slack workspaces that the gate answers. Without any, the API has no route for Slack."""

    domain: Literal["slack.com", "slack-gov.com"] = "slack.com"
    teams: Annotated[list[SlackTeamId], Variable("GATE_SLACK_TEAMS")] = Field(default=[], max_length=20)
    email_domains: Annotated[list[EmailDomain], Needs("slack.teams"), Variable("GATE_SLACK_EMAIL_DOMAINS")] = Field(
        default=[], max_length=20
    )


class DomainSettings(SettingsSection):
    """A custom domain name for the API. With an empty name, the API has the address of API Gateway."""

    name: HostName = ""
    certificate_arn: CertificateArn = ""
    keep_default: Annotated[bool, Needs("domain.name")] = False
    hosted_zone_id: str = ""
    hosted_zone_name: HostName = ""

    rules = (
        Rule("certificate_arn", lambda domain: domain.name and not domain.certificate_arn,
             "is empty; write that of the certificate for domain.name, in the stack's region"),
        Rule("hosted_zone_name", lambda domain: bool(domain.hosted_zone_id) != bool(domain.hosted_zone_name),
             "must be set together with domain.hosted_zone_id; set both, or leave both empty"),
        Rule("hosted_zone_name",
             lambda domain: domain.hosted_zone_name and not f".{domain.name}".endswith(f".{domain.hosted_zone_name}"),
             'does not contain domain.name; write the zone that contains "{name}"'),
    )  # fmt: skip


class RemoteSettings(SettingsSection):
    """Other accounts and regions with notebooks that grants may name."""

    locations: Annotated[
        list[Location],
        Variable("GATE_REMOTE_LOCATIONS", shorten="list only those that have notebooks with grants"),
    ] = Field(default=[], max_length=50)
    external_id: Annotated[ExternalId, Variable("GATE_EXTERNAL_ID")] = ""
    role_name: Annotated[RoleName, Needs("remote.locations")] = ""

    rules = (
        Rule("external_id", lambda remote: remote.locations and not remote.external_id,
             "is empty; choose a value that the launch roles in other accounts require"),
    )  # fmt: skip

    @property
    def accounts(self) -> list[str]:
        """The accounts of these locations, sorted, each once."""
        return sorted({location.partition("/")[0] for location in self.locations})

    @property
    def regions(self) -> list[str]:
        """The regions of these locations, sorted, each once."""
        return sorted({location.partition("/")[2] for location in self.locations})


class StudioSettings(SettingsSection):
    """The domains of SageMaker Studio whose user profiles and spaces grants may name."""

    domains: Annotated[
        list[StudioDomain], Variable("GATE_STUDIO_DOMAINS", shorten="list only those that grants name")
    ] = Field(default=[], max_length=20)

    @property
    def locations(self) -> list[str]:
        """The locations (`account/region`) of the domains that have one."""
        return [domain.rpartition("/")[0] for domain in self.domains if "/" in domain]

    def by_region(self, home: str = "") -> dict[str, list[str]]:
        """Return the ids of the domains by region. `home`: that of the domains without a location; empty: none."""
        found: dict[str, list[str]] = {}
        for domain in self.domains:
            location, _, name = domain.rpartition("/")
            region = location.partition("/")[2] or home
            if region:
                found.setdefault(region, []).append(name)
        return found


class UserNameSettings(SettingsSection):
    """What `{user}` in the notebooks of grants stands for."""

    source: Annotated[Source, Variable("GATE_USER_NAMES_SOURCE")] = ""
    domain: Annotated[HostName, Needs("user_names.source"), Variable("GATE_USER_NAMES_DOMAIN")] = ""
    separator: Annotated[Literal[".", "-", "_"], Needs("user_names.source"), Variable(SEPARATOR_VARIABLE)] = "."

    rules = (
        Rule("domain", lambda names: names.source and (names.source == "address") != bool(names.domain),
             'must be set if source is "address", and otherwise be empty; write the domain of your users'),
    )  # fmt: skip


class AlarmSettings(SettingsSection):
    """Where alarms are sent, and when they are raised."""

    topic_arn: TopicArn = ""
    key_days: int = Field(default=180, ge=1, le=3650)


class KeySettings(SettingsSection):
    """The customer-managed KMS keys of your organisation that the functions use, through other services alone."""

    client_secret: KeyArn = ""
    topic: KeyArn = ""
    data: KeyArn = ""


class StackSettings(SettingsSection):
    """What an organisation requires of every stack."""

    permissions_boundary: PolicyArn = ""
    bootstrap_qualifier: Qualifier = ""
    api_logging_role: bool = True
    grants_table: TableName = ""
    tracing: bool = False
    tags: dict[str, str] = Field(default={})

    rules = (
        Rule("tags", lambda stack: any(not 1 <= len(name) <= 128 or len(text) > 256 or name.lower().startswith("aws:")
                                       for name, text in stack.tags.items()),
             "has a tag that AWS does not accept; write names of 1 to 128 characters that do not begin with "
             '"aws:", and values of at most 256 characters'),
    )  # fmt: skip


class LimitSettings(SettingsSection):
    """Limits of sessions, requests and logs."""

    session: Annotated[int, Variable("GATE_MAX_SESSION")] = Field(default=MAX_SESSION, ge=MIN_SESSION, le=MAX_SESSION)
    rate: int = Field(default=200, ge=1, le=10_000)
    burst: int = Field(default=400, ge=1, le=5_000)
    reserved_concurrency: int = Field(default=0, ge=0, le=10_000)
    log_days: LogDays = 365
