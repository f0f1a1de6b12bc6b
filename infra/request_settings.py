"""The section `requests` of the settings: access requests, who may make them, and who decides on them."""

import json
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from gate.values.grant import Power
from gate.values.principal import normal_principal
from infra.arn_types import TopicArn
from infra.field_types import NotebookPattern, SlackConversationId, SlackUserGroupId
from infra.settings_base import Needs, Rule, SettingsSection

MIN_SECONDS, MAX_SECONDS = 900, 90 * 86_400

_APPROVERS = Needs("requests.approvers")


class RequestSettings(SettingsSection):
    """Access requests. Without approvers, people cannot ask for access."""

    approvers: dict[str, list[NotebookPattern]] = Field(default={})
    eligible: Annotated[dict[str, list[NotebookPattern]], _APPROVERS] = Field(default={})
    two: Annotated[list[NotebookPattern], _APPROVERS] = Field(default=[], max_length=20)
    longest: Annotated[int, _APPROVERS] = Field(default=604_800, ge=MIN_SECONDS, le=MAX_SECONDS)
    choices: Annotated[list[int], _APPROVERS] = Field(
        default=[3_600, 28_800, 86_400, 604_800], min_length=1, max_length=8
    )
    automatic: Annotated[dict[str, list[NotebookPattern]], _APPROVERS] = Field(default={})
    automatic_longest: Annotated[int, Needs("requests.automatic")] = Field(default=3_600, ge=MIN_SECONDS)
    power: Annotated[Power, _APPROVERS] = "start"
    slack_channel: Annotated[SlackConversationId, _APPROVERS] = ""
    slack_groups: Annotated[dict[str, SlackUserGroupId], _APPROVERS] = Field(default={}, max_length=10)
    topic_arn: Annotated[TopicArn, _APPROVERS] = ""
    remind: Annotated[int, _APPROVERS] = Field(default=1_800, ge=600, le=86_400)
    keep_days: Annotated[int, _APPROVERS] = Field(default=400, ge=7, le=3_650)

    rules = (
        Rule("choices", lambda requests: sorted(set(requests.choices)) != requests.choices
             or requests.choices[0] < MIN_SECONDS or requests.choices[-1] > requests.longest,
             f"are not lengths of access; write seconds in ascending order, from {MIN_SECONDS} to requests.longest, "
             "which is {longest}"),
        Rule("keep_days", lambda requests: requests.keep_days * 86_400 < requests.longest,
             "is shorter than the longest access, requests.longest, which is {longest} seconds; write more days"),
        Rule("automatic_longest", lambda requests: requests.automatic and requests.automatic_longest > requests.longest,
             "is longer than requests.longest, which is {longest}; write at most that"),
        Rule("automatic_longest",
             lambda requests: requests.automatic and requests.automatic_longest < requests.choices[0],
             "is shorter than each of requests.choices, which are {choices}, so that nothing would be allowed at once; "
             "write one of them"),
    )  # fmt: skip

    @field_validator("approvers", "eligible", "automatic")
    @classmethod
    def _are_people_or_groups(cls, value: dict[str, list[str]], info: ValidationInfo) -> dict[str, list[str]]:
        verb = "approve" if info.field_name == "approvers" else "ask"
        for principal, patterns in value.items():
            kind = principal.partition(":")[0]
            normal = normal_principal(principal) if kind in ("user", "group", "slack") else None
            if normal is None:
                raise ValueError(
                    f"names {principal!r}, which cannot {verb}; write user:<e-mail>, group:<name> or "
                    "slack:<team>/<user>"
                )
            if normal != principal:
                raise ValueError(f"names {principal!r}, which is nobody's name in this spelling; write {normal!r}")
            if not patterns:
                raise ValueError(f'lists no notebooks for {principal!r}; write patterns, such as ["*"]')
        return value

    @field_validator("slack_groups")
    @classmethod
    def _are_groups(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name.startswith("group:") or normal_principal(f"group:{name}") != f"group:{name}":
                raise ValueError(f"names {name!r}, which is not the name of a group; write it without group:")
        return value

    @property
    def keep(self) -> int:
        """Seconds for which a request stays in the table."""
        return self.keep_days * 86_400

    @property
    def text(self) -> str:
        """The settings as the function reads them (`gate.access_requests.rules.RequestRules`)."""
        return json.dumps(
            {
                "approvers": self.approvers,
                "eligible": self.eligible,
                "two": self.two,
                "durations": self.choices,
                "automatic": self.automatic,
                "automatic_longest": self.automatic_longest,
                "power": self.power,
                "slack_channel": self.slack_channel,
                "slack_groups": self.slack_groups,
                "topic_arn": self.topic_arn,
                "remind": self.remind,
                "keep_days": self.keep_days,
            },
            separators=(",", ":"),
        )
