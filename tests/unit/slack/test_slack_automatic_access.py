"""Requests in Slack that `requests.automatic` allows at once: what the person and the approvers see."""

from typing import Any

import pytest

from gate.platform.aliases import SLACK
from gate.routes.dispatch import handler
from gate.slack.api import SlackApi
from gate.values.errors.slack import SlackDownError
from local.slack import payloads
from local.slack.page import SlackPage
from testing.asking import RULES, ask, browser_of, configure, state_of
from testing.environment import context_of
from testing.slack import TEAM, Slack, button_labels

CHANNEL, ALICE = "C0APPROVERS", "U0ALICE"
SLACK_NAME, ADDRESS = f"slack:{TEAM}/{ALICE}", "user:alice@example.com"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:asks"


@pytest.fixture
def access(slack: Slack) -> Slack:
    """A workspace in which Alice gets the notebooks `churn-*` at once."""
    slack.harness.aws.table.clear("user:alice", "group:")
    _configure(slack)
    return slack


def _configure(slack: Slack, **changes: Any) -> None:
    automatic = {ADDRESS: ["churn-*"]}
    configure(slack.harness, {**RULES, "slack_channel": CHANNEL, "automatic": automatic, **changes})


def _grants(slack: Slack) -> dict[str, int]:
    return {name: len(slack.harness.aws.table.query([name])) for name in (SLACK_NAME, ADDRESS)}


def _ask(slack: Slack) -> SlackPage:
    return slack.ask(text="ask churn-model quarterly report")


def _ask_in_window(slack: Slack, seconds: str) -> SlackPage:
    window = slack.ask(text="ask churn-model").view
    inputs = {"notebook": "churn-model", "reason": "report", "seconds": seconds}
    slack.post(payloads.encoded(payloads.submission(slack.workspace.member(ALICE), window, inputs)))
    slack.deliver_events()
    page = slack.workspace.seen_by(ALICE, timeout=0)
    assert page is not None
    return page


def test_what_is_allowed_at_once_is_told_without_buttons_to_decide(access: Slack) -> None:
    seen = _ask(access)
    assert "churn-model\nAllowed by the rule requests.automatic until 20" in seen.text
    assert button_labels(seen) == ["Show the notebook", "Give back"]
    message = access.workspace.seen_by(CHANNEL, timeout=0)
    assert message is not None
    assert message.text.startswith("alice@example.com has access to churn-model until 20")
    assert " UTC, by the rule requests.automatic.\nWhy: quarterly report\n" in message.text
    assert button_labels(message) == ["End access"]
    (grant,) = access.harness.aws.table.query(["user:alice@example.com"])
    assert grant["granted_by"] == {"S": "rule:requests.automatic"}
    assert access.workspace.api_calls.count("chat.postMessage") == 1
    assert "chat.update" not in access.workspace.api_calls


def test_the_window_to_ask_shows_what_is_allowed_at_once(access: Slack) -> None:
    assert "Allowed by the rule requests.automatic until 20" in _ask_in_window(access, "3600").text


def test_lambda_tries_again_after_a_minute_without_a_second_request(
    access: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    access.post(access.body("command", text="ask churn-model quarterly report"))
    (event,) = access.harness.aws.events
    access.harness.aws.events.clear()
    with monkeypatch.context() as patched:
        patched.setattr(SlackApi, "respond", _down)
        with pytest.raises(SlackDownError):
            handler(dict(event), context_of(SLACK))
    access.harness.clock.now += 299
    handler(dict(event), context_of(SLACK))
    assert not access.harness.aws.table.requests(past=True)
    assert access.workspace.api_calls.count("chat.postMessage") == 1


def _down(*_: object, **__: object) -> None:
    raise SlackDownError


def test_lambda_can_retry_a_request_that_is_allowed_at_once(access: Slack) -> None:
    access.post(access.body("command", text="ask churn-model quarterly report"))
    events = access.harness.aws.events
    events.append(events[0])
    access.deliver_events()
    assert access.workspace.api_calls.count("chat.postMessage") == 1
    (counter,) = access.harness.aws.table.query(["request:count"])
    assert counter["count"] == {"N": "1"}


def test_what_is_allowed_at_once_is_published(access: Slack) -> None:
    _configure(access, topic_arn=TOPIC)
    _ask(access)
    (message,) = access.harness.aws.called("publish")
    assert message["Subject"] == "Access to churn-model"
    first, _, link, *_ = message["Message"].splitlines()
    assert first.startswith("Somebody has access to churn-model until 20")
    assert first.endswith(" UTC, by the rule requests.automatic.")
    assert link.startswith("See it here: https://")
    assert "Decide" not in message["Message"]
    assert "Who has access:\n> alice@example.com\n" in message["Message"]
    assert "> quarterly report\n" in message["Message"]


def test_a_request_that_gave_way_shows_no_buttons_any_more(access: Slack) -> None:
    assert "You asked for churn-model, for 8 hours." in _ask_in_window(access, "28800").text
    _ask(access)
    assert access.workspace.api_calls.count("chat.postMessage") == 2
    assert access.workspace.api_calls.count("chat.update") == 1
    assert access.harness.aws.table.query(["user:alice@example.com"])


@pytest.mark.parametrize("listed", [SLACK_NAME, ADDRESS])
def test_the_rule_applies_to_the_name_that_asks_and_gives_access_to_it_alone(access: Slack, listed: str) -> None:
    """Without `slack.email_domains`, one person has two names that the gate cannot compare."""
    access.harness.configure(GATE_SLACK_EMAIL_DOMAINS="")
    _configure(access, automatic={listed: ["churn-*"]})
    _ask(access)
    assert _grants(access) == {SLACK_NAME: int(listed == SLACK_NAME), ADDRESS: 0}
    browser = browser_of(access.harness, "alice@example.com")
    assert browser.get("/open/churn-model").status == 403
    assert state_of(browser, ask(browser, "churn-model")) == ("allowed" if listed == ADDRESS else "open")
    assert _grants(access) == {SLACK_NAME: int(listed == SLACK_NAME), ADDRESS: int(listed == ADDRESS)}
