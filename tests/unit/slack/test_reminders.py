"""Reminders of the end of access, in Slack: one for each grant, with a button that asks for more time."""

import json
from typing import Any

import pytest

from gate.access_requests.keys import ALLOWED
from gate.routes.dispatch import handler
from gate.slack.api import SlackApi
from gate.store.table import primary_key
from gate.values.errors.slack import SlackDownError
from local.slack.page import SlackPage
from testing.asking import RULES, ask, browser_of, configure, post
from testing.aws import refusal
from testing.environment import context_of
from testing.log_lines import Lines
from testing.slack import Slack, button_labels

ALICE, BOB = "U0ALICE", "U0BOB"
CHANNEL = "C0APPROVERS"
HOUR, BEFORE = 3_600, 1_800


@pytest.fixture
def access(slack: Slack) -> Slack:
    """A workspace in which people can ask, and Bob decides."""
    slack.harness.aws.table.clear("user:alice", "group:")
    configure(slack.harness, {**RULES, "approvers": {"user:bob@example.com": ["*"]}, "slack_channel": CHANNEL})
    return slack


def _allowed(slack: Slack, *, seconds: int = HOUR, text: str = "ask churn-model quarterly report") -> None:
    """Let Alice ask in Slack, and Bob allow it for `seconds`."""
    slack.post(slack.body("command", text=text))
    slack.deliver_events()
    page = slack.workspace.seen_by(CHANNEL, timeout=0)
    assert page is not None
    button = next(each for each in page.buttons if each["action_id"] == "access-allow")
    pressed = {"block_id": button["block_id"], "action_id": "access-allow", "value": str(seconds)}
    assert slack.post(slack.body("press", user_id=BOB, actions=[pressed])).status == 200
    slack.deliver_events()


def _remind(slack: Slack, *, after: float) -> SlackPage | None:
    """Return what Alice is told when the schedule invokes the function `after` seconds from now."""
    slack.harness.clock.now += after
    before = len(slack.workspace.api_calls)
    assert handler({"reminders": {}}, context_of("live")) is None
    return slack.workspace.seen_by(ALICE, timeout=0) if slack.workspace.api_calls[before:] else None


def test_one_reminder_before_the_end(access: Slack) -> None:
    _allowed(access)
    assert _remind(access, after=HOUR - BEFORE - 1) is None
    page = _remind(access, after=1)
    assert page is not None
    assert "Your access to churn-model ends in 30 minutes." in page.text
    assert button_labels(page) == ["Ask for more time"]
    assert _remind(access, after=300) is None
    assert _remind(access, after=HOUR) is None


def test_the_button_asks_again_with_the_same_reason(access: Slack) -> None:
    _allowed(access, text='ask churn-model quarterly <report> & "more"')
    page = _remind(access, after=HOUR - 600)
    assert page is not None
    (button,) = page.buttons
    pressed = {"block_id": button["block_id"], "action_id": button["action_id"], "value": button["value"]}
    access.post(access.body("press", user_id=ALICE, actions=[pressed]))
    access.deliver_events()
    window = access.workspace.seen_by(ALICE, timeout=0)
    assert window is not None
    inputs = {block["element"]["action_id"]: block["element"] for block in window.blocks if block["type"] == "input"}
    assert inputs["notebook"]["initial_value"] == "churn-model"
    assert inputs["reason"]["initial_value"] == 'quarterly <report> & "more"'


@pytest.mark.parametrize("change", ["taken", "other end", "of an operator", "asked again", "short"])
def test_nobody_is_reminded_of_what_is_no_longer_true(access: Slack, change: str) -> None:
    table = access.harness.aws.table
    if change == "short":
        configure(
            access.harness,
            {**RULES, "approvers": {"user:bob@example.com": ["*"]}, "slack_channel": CHANNEL, "remind": HOUR},
        )
    _allowed(access)
    match change:
        case "taken":
            table.remove("user:alice@example.com", "churn-model")
        case "other end":
            table.change("user:alice@example.com", "churn-model", until=int(access.harness.clock.now) + 9 * HOUR)
        case "of an operator":
            table.change("user:alice@example.com", "churn-model", request_id="")
        case "asked again":
            access.post(access.body("command", text="ask churn-model again"))
            access.deliver_events()
    assert _remind(access, after=HOUR - 60) is None


def test_an_extension_has_a_reminder_of_its_own(access: Slack) -> None:
    _allowed(access)
    access.harness.clock.now += 60
    _allowed(access, seconds=28_800)
    assert _remind(access, after=HOUR - 120) is None
    page = _remind(access, after=28_800 - HOUR)
    assert page is not None
    assert "ends in" in page.text


def test_who_asked_in_the_browser_has_no_reminder(access: Slack) -> None:
    alice = browser_of(access.harness, "alice@example.com")
    post(browser_of(access.harness, "bob@example.com"), ask(alice), decision="allow", seconds=HOUR)
    assert _remind(access, after=HOUR - 60) is None
    (reference,) = access.harness.aws.table.query([ALLOWED])
    assert "reminded" not in reference


def _down(*_: object) -> None:
    raise SlackDownError


def test_a_reminder_that_fails_is_not_sent_again(access: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    _allowed(access)
    with monkeypatch.context() as patched:
        patched.setattr(SlackApi, "post_message", _down)
        assert _remind(access, after=HOUR - 600) is None
    assert _remind(access, after=0) is None


def test_a_table_that_fails_is_one_log_line_without_an_error_of_the_function(access: Slack, lines: Lines) -> None:
    _allowed(access)
    access.harness.aws.errors["execute_statement"] = refusal("InternalServerError")
    assert _remind(access, after=HOUR - 600) is None
    assert [line["outcome"] for line in map(json.loads, lines.texts) if line["message"] == "reminders failed"] == [
        "aws_error"
    ]
    del access.harness.aws.errors["execute_statement"]
    assert _remind(access, after=60) is not None


def test_two_events_at_once_send_one_reminder(access: Slack) -> None:
    _allowed(access)
    (reference,) = access.harness.aws.table.query([ALLOWED])
    # Between the read and the note of this event, another one notes it.
    noted: dict[str, Any] = {**reference, "reminded": {"BOOL": True}}
    access.harness.aws.before["update_item"] = lambda _: access.harness.aws.table.put(noted)
    assert _remind(access, after=HOUR - 600) is None


def _decide_in_browser(slack: Slack, decision: str) -> None:
    """Let Alice ask for more time in Slack, and end that request in a browser."""
    slack.post(slack.body("command", text="ask churn-model again"))
    slack.deliver_events()
    (row,) = slack.harness.aws.table.requests()
    email = "alice@example.com" if decision == "withdraw" else "bob@example.com"
    answer = post(browser_of(slack.harness, email), f"/requests/{row['id']['S']}", decision=decision)
    assert answer.status == 303


@pytest.mark.parametrize("decision", ["deny", "withdraw"])
def test_a_request_for_more_time_that_came_to_nothing_leaves_the_reminder(access: Slack, decision: str) -> None:
    _allowed(access)
    _decide_in_browser(access, decision)
    assert _remind(access, after=HOUR - 600) is not None
    assert _remind(access, after=60) is None


def test_a_shorter_extension_leaves_the_reminder_of_the_end_that_holds(access: Slack) -> None:
    _allowed(access, seconds=28_800)
    access.harness.clock.now += 60
    _allowed(access)
    assert _remind(access, after=HOUR - 660) is None
    assert _remind(access, after=28_800 - HOUR) is not None
    assert _remind(access, after=60) is None


def test_a_message_that_is_remembered_later_repeats_no_reminder(access: Slack) -> None:
    _allowed(access)
    (row,) = access.harness.aws.table.requests()
    access.harness.aws.table.put({**row, "message": {"S": "[]"}})  # Slack posted it, and its answer was lost
    assert _remind(access, after=HOUR - 600) is not None
    pressed = {"block_id": f"access:{row['id']['S']}", "action_id": "access-allow", "value": "3600"}
    container = {"type": "message", "message_ts": "1.2", "channel_id": CHANNEL, "is_ephemeral": False}
    access.post(access.body("press", user_id=BOB, actions=[pressed], container=container))
    access.deliver_events()
    (changed,) = access.harness.aws.table.requests()
    assert changed["message"]["S"] != "[]"
    assert _remind(access, after=60) is None


def test_a_malformed_reference_stops_no_reminder(access: Slack) -> None:
    _allowed(access)
    (reference,) = access.harness.aws.table.query([ALLOWED])
    access.harness.aws.table.put({**reference, **primary_key(ALLOWED, "0000000000-junk")})
    assert _remind(access, after=HOUR - 600) is not None


def test_a_long_time_is_told_in_hours(access: Slack) -> None:
    rules = {**RULES, "approvers": {"user:bob@example.com": ["*"]}, "slack_channel": CHANNEL, "remind": 86_400}
    configure(access.harness, {**rules, "durations": [172_800]})
    _allowed(access, seconds=172_800)
    page = _remind(access, after=172_800 - 86_400)
    assert page is not None
    assert "ends in 1 day." in page.text
