"""The smaller sections of the settings, and the base class of all sections."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from gate.store.grant_row import MAX_SESSION, MIN_SESSION
from infra.field_types import (
    EmailDomain,
    ExternalId,
    HostName,
    Location,
    PolicyArn,
    Qualifier,
    SlackTeamId,
    TopicArn,
)

LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Retention periods of CloudWatch Logs (API reference of PutRetentionPolicy)."""


class SettingsSection(BaseModel):
    """A section of the settings. Unknown names are errors, since a limit with a misspelt name would have no effect."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _booleans_are_not_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        # Pydantic would read `true` as 1: `log_days = true` would be one day.
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is int:
            raise ValueError("is not a number; write a whole number")
        return value


class SlackSettings(SettingsSection):
    """The Slack workspaces that the gate answers. Without any, the API has no route for Slack."""

    domain: Literal["slack.com", "slack-gov.com"] = "slack.com"
    teams: list[SlackTeamId] = Field(default=[], max_length=20)
    email_domains: list[EmailDomain] = Field(default=[], max_length=20)

    @field_validator("email_domains")
    @classmethod
    def _requires_a_team(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if value and "teams" in info.data and not info.data["teams"]:
            raise ValueError("has no effect while slack.teams is empty; set slack.teams, or leave both empty")
        return value


class DomainSettings(SettingsSection):
    """A custom domain name for the API. With an empty name, the API has the address of API Gateway."""

    name: HostName = ""
    certificate_arn: str = ""
    hosted_zone_id: str = ""
    hosted_zone_name: HostName = ""

    @field_validator("certificate_arn")
    @classmethod
    def _is_certificate_of_the_name(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("name") and not re.fullmatch(r"arn:[\w-]+:acm:[\w-]+:\d{12}:certificate/[\w-]+", value):
            raise ValueError(
                "is not the ARN of a certificate; write that of the certificate for domain.name, in the stack's region"
            )
        return value

    @field_validator("hosted_zone_name")
    @classmethod
    def _contains_the_name(cls, value: str, info: ValidationInfo) -> str:
        name, zone = info.data.get("name", ""), info.data.get("hosted_zone_id", "")
        if bool(zone) != bool(value):
            raise ValueError("must be set together with domain.hosted_zone_id; set both, or leave both empty")
        if value and name != value and not name.endswith(f".{value}"):
            raise ValueError(f'does not contain domain.name; write the zone that contains "{name}"')
        return value


class RemoteSettings(SettingsSection):
    """Other accounts and regions with notebooks that grants may name."""

    locations: list[Location] = Field(default=[], max_length=50)
    external_id: ExternalId = ""

    @field_validator("external_id")
    @classmethod
    def _is_set_with_locations(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("locations") and not value:
            raise ValueError("is empty; choose a value that the launch roles in other accounts require")
        return value

    @property
    def regions(self) -> list[str]:
        """The regions of these locations, sorted, each once."""
        return sorted({location.partition("/")[2] for location in self.locations})


class AlarmSettings(SettingsSection):
    """Where alarms are sent, and when they are raised."""

    topic_arn: TopicArn = ""
    key_days: int = Field(default=180, ge=1, le=3650)


class StackSettings(SettingsSection):
    """What an organisation requires of every stack."""

    permissions_boundary: PolicyArn = ""
    bootstrap_qualifier: Qualifier = ""
    api_logging_role: bool = True
    tags: dict[str, str] = {}

    @field_validator("tags")
    @classmethod
    def _are_valid_tags(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not 1 <= len(name) <= 128 or len(text) > 256 or name.lower().startswith("aws:"):
                raise ValueError(
                    "has a tag that AWS does not accept; write names of 1 to 128 characters that do not begin with "
                    '"aws:", and values of at most 256 characters'
                )
        return value


class LimitSettings(SettingsSection):
    """Limits of sessions, requests and logs."""

    session: int = MAX_SESSION
    rate: int = Field(default=200, ge=1, le=10_000)
    burst: int = Field(default=400, ge=1, le=5_000)
    log_days: int = 365

    @field_validator("session")
    @classmethod
    def _is_accepted_by_sagemaker(cls, value: int) -> int:
        if not MIN_SESSION <= value <= MAX_SESSION:
            raise ValueError(
                f"is outside SageMaker's range; write a number of seconds from {MIN_SESSION} to {MAX_SESSION}"
            )
        return value

    @field_validator("log_days")
    @classmethod
    def _is_a_retention_period(cls, value: int) -> int:
        if value not in LOG_DAYS:
            raise ValueError(
                f"is not a retention period of CloudWatch Logs; write one of {', '.join(map(str, LOG_DAYS))}"
            )
        return value
