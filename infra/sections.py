"""The smaller sections of the settings, and what all sections have in common."""

import re

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from infra.setting_types import (
    ExternalId,
    HostName,
    Location,
    MailDomain,
    PolicyArn,
    Qualifier,
    SlackTeam,
    TopicArn,
)

MIN_SESSION, MAX_SESSION = 1800, 43_200
"""Seconds; the range that CreatePresignedNotebookInstanceUrl takes (API reference)."""

LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Retention periods that CloudWatch Logs knows (API reference of PutRetentionPolicy)."""


class Section(BaseModel):
    """A part of the settings: frozen, and unknown names are errors, since a misspelt limit is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


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


class RemoteSettings(Section):
    """Other accounts and regions whose notebooks grants may name."""

    locations: list[Location] = Field(default=[], max_length=50)
    external_id: ExternalId = ""

    @field_validator("external_id")
    @classmethod
    def _goes_with_locations(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("locations") and not value:
            raise ValueError("is missing; write a word of your own that launch roles in other accounts ask for")
        return value

    @property
    def regions(self) -> list[str]:
        """All regions of these locations, each once."""
        return sorted({location.partition("/")[2] for location in self.locations})


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

    session: int = MAX_SESSION
    rate: int = Field(default=200, ge=1, le=10_000)
    burst: int = Field(default=400, ge=1, le=5_000)
    log_days: int = 365

    @field_validator("session")
    @classmethod
    def _is_in_the_apis_range(cls, value: int) -> int:
        if not MIN_SESSION <= value <= MAX_SESSION:
            raise ValueError(f"is outside of what SageMaker takes; write seconds from {MIN_SESSION} to {MAX_SESSION}")
        return value

    @field_validator("log_days")
    @classmethod
    def _is_known_to_cloudwatch(cls, value: int) -> int:
        if value not in LOG_DAYS:
            raise ValueError(f"is no period that CloudWatch knows; write one of {', '.join(map(str, LOG_DAYS))}")
        return value
