"""The section `requests` of the settings: access requests and who decides on them."""

import json
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from gate.identity.principal import normal_principal
from gate.store.grant_row import Power
from infra.field_types import TopicArn, matching
from infra.sections import SettingsSection

MAX_LENGTH = 1500
"""Characters of the section in the function's environment. All variables together have 4 KB (Lambda quotas)."""

MIN_SECONDS, MAX_SECONDS = 900, 90 * 86_400

NotebookPattern = Annotated[
    str,
    matching(
        r"[a-zA-Z0-9*?/-]{1,110}",
        'is not a pattern of notebook names; write a name, in which * and ? are wildcards, such as "prod-*"',
    ),
]
SlackConversationId = Annotated[
    str,
    matching(
        r"([CGDUW][A-Z0-9]{2,31})?",
        'is not the id of a Slack channel or user; write one such as "C0123ABCDEF"',
    ),
]


class RequestSettings(SettingsSection):
    """Access requests. Without approvers, people cannot ask for access."""

    approvers: dict[str, list[NotebookPattern]] = Field(default={})
    two: list[NotebookPattern] = Field(default=[], max_length=20)
    longest: int = Field(default=604_800, ge=MIN_SECONDS, le=MAX_SECONDS)
    choices: list[int] = Field(default=[3_600, 28_800, 86_400, 604_800], min_length=1, max_length=8)
    power: Power = "start"
    slack_channel: SlackConversationId = ""
    topic_arn: TopicArn = ""

    @field_validator("approvers")
    @classmethod
    def _are_people_or_groups(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for principal, patterns in value.items():
            kind = principal.partition(":")[0]
            if kind not in ("user", "group", "slack") or normal_principal(principal) != principal:
                raise ValueError(
                    f"names {principal!r}, which cannot approve; write user:<e-mail>, group:<name> or "
                    "slack:<team>/<user>, in the normal form that gate grants list shows"
                )
            if not patterns:
                raise ValueError(f'lists no notebooks for {principal!r}; write patterns, such as ["*"]')
        return value

    @field_validator("two", "longest", "choices", "power", "slack_channel", "topic_arn")
    @classmethod
    def _requires_approvers(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("approvers") == {} and value != cls.model_fields[str(info.field_name)].default:
            raise ValueError("has no effect while requests.approvers is empty; set approvers, or remove this setting")
        return value

    @field_validator("choices")
    @classmethod
    def _are_allowed_lengths(cls, value: list[int], info: ValidationInfo) -> list[int]:
        longest = info.data.get("longest", MAX_SECONDS)
        if sorted(set(value)) != value or value[0] < MIN_SECONDS or value[-1] > longest:
            raise ValueError(
                f"are not lengths of access; write seconds in ascending order, from {MIN_SECONDS} to requests.longest, "
                f"which is {longest}"
            )
        return value

    @field_validator("topic_arn")
    @classmethod
    def _fits_into_the_environment(cls, value: str, info: ValidationInfo) -> str:
        if len(json.dumps({**info.data, "topic_arn": value}, default=str)) > MAX_LENGTH:
            raise ValueError(
                f"and the other settings of requests have more than {MAX_LENGTH} characters, which the function's "
                "environment cannot hold; name groups as approvers, in place of people"
            )
        return value

    def rules(self) -> str:
        """Return the settings as the function reads them (`gate.access_requests.rules.RequestRules`)."""
        return json.dumps(
            {
                "approvers": self.approvers,
                "two": self.two,
                "durations": self.choices,
                "power": self.power,
                "slack_channel": self.slack_channel,
                "topic_arn": self.topic_arn,
            },
            separators=(",", ":"),
        )
