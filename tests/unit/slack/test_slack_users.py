"""The identification of Slack users."""

import json
from typing import Any

import pytest

from testing.log_lines import Lines
from testing.slack import SECRET, TEAM, Slack

MEMBER = {"team_id": TEAM, "is_email_confirmed": True, "profile": {"email": "Alice@Example.com"}}


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, True),
        ({"team_id": "T0OTHER"}, False),
        ({"team_id": None, "enterprise_user": {"enterprise_id": "E0GRID", "teams": ["T0HOME", TEAM]}}, True),
        ({"team_id": "T0HOME", "enterprise_user": {"teams": ["T0HOME", TEAM]}}, True),
        ({"team_id": None, "enterprise_user": {"teams": ["T0HOME"]}}, False),
        ({"team_id": None, "enterprise_user": {"teams": TEAM}}, False),
        ({"team_id": None, "enterprise_user": "x"}, False),
        ({"team_id": None, "enterprise_user": {"teams": [TEAM]}, "is_stranger": True}, False),
        ({"is_email_confirmed": False}, False),
        ({"is_email_confirmed": None}, False),
        ({"is_email_confirmed": "true"}, False),
        ({"deleted": True}, False),
        ({"is_bot": True}, False),
        ({"is_stranger": True}, False),
        ({"is_restricted": True}, False),
        ({"is_ultra_restricted": True}, False),
        ({"is_invited_user": True}, False),
        ({"profile": {"email": "alice@example.com.evil.example"}}, False),
        ({"profile": {"email": "alice@sub.example.com"}}, False),
        ({"profile": {"email": "alice@evil.example@example.com"}}, False),
        ({"profile": {"email": "aliceexample.com"}}, False),
        ({"profile": {"email": "alıce@example.com"}}, None),
        ({"profile": {"email": None}}, False),
        ({"profile": None}, False),
    ],
)
def test_an_address_counts_only_if_slack_confirmed_it(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], known: bool | None
) -> None:
    from gate.slack.api import SlackApi

    monkeypatch.setattr(SlackApi, "user", lambda self, user: {**MEMBER, **changes})
    # The container keeps a reference to the original method, so a new container is made.
    slack.harness.configure()
    text = slack.ask().text
    # A look-alike address is another user's, who has no grant here.
    assert ("Running since" in text) is (known is True)


def test_the_log_says_why_an_address_does_not_count(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    from gate.slack.api import SlackApi

    monkeypatch.setattr(SlackApi, "user", lambda self, user: {**MEMBER, "is_restricted": True})
    slack.harness.configure()
    slack.ask()
    (line,) = [text for text in lines.texts if "the address of a Slack user does not count" in text]
    assert json.loads(line)["problem"] == "is_restricted"
    assert "xample.com" not in line


def test_an_address_is_cached_for_five_minutes_and_not_requested_without_domains(slack: Slack) -> None:
    for _ in range(3):
        slack.ask()
    slack.ask(user_id="U0BOB")
    assert slack.workspace.api_calls == ["users.info", "users.info"]
    slack.harness.clock.now += 301
    slack.ask()
    assert len(slack.workspace.api_calls) == 3
    slack.harness.configure(GATE_SLACK_EMAIL_DOMAINS="")
    slack.harness.aws.grant("slack:T0LOCAL/U0ALICE", "shared-notebook")
    assert "shared-notebook" in (text := slack.ask().text)
    assert "alice-notebook" not in text
    assert len(slack.workspace.api_calls) == 3


def test_without_a_valid_bot_token_the_gate_reports_that_slack_does_not_respond(slack: Slack) -> None:
    slack.harness.aws.secrets["arn:slack"] = json.dumps({"signing_secret": SECRET, "bot_token": ""})
    slack.harness.configure()
    assert "Slack is not responding" in slack.ask().text
    slack.harness.aws.secrets["arn:slack"] = json.dumps({"signing_secret": SECRET, "bot_token": "xoxb-revoked"})
    slack.harness.configure()
    assert "Slack is not responding" in slack.ask().text
    # The window cannot be opened either. Slack shows an error of its own.
    answer = slack.post(slack.body("shortcut"))
    assert (answer.status, answer.json["error"]) == (502, "slack_down")
