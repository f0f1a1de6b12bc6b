"""Access requests in Slack: asking, deciding, and what people see."""

from typing import Any

import pytest

from gate.platform.aliases import SLACK
from gate.routes.dispatch import handler
from local.slack import payloads
from local.slack.page import SlackPage
from testing.asking import RULES, configure
from testing.aws import refusal
from testing.environment import context_of
from testing.log_lines import Lines
from testing.slack import TEAM, Slack, button_labels

CHANNEL = "C0APPROVERS"
ALICE, BOB, DANA = "U0ALICE", "U0BOB", "U0DANA"
RULES_IN_SLACK = {**RULES, "approvers": {"user:bob@example.com": ["*"]}, "slack_channel": CHANNEL}


@pytest.fixture
def access(slack: Slack) -> Slack:
    """A workspace in which people can ask, and Bob decides."""
    slack.harness.aws.table.clear("user:alice", "group:")
    _configure(slack, RULES_IN_SLACK)
    return slack


def _configure(slack: Slack, rules: dict[str, Any]) -> None:
    configure(slack.harness, rules)


def _seen(slack: Slack, who: str) -> SlackPage:
    slack.deliver_events()
    page = slack.workspace.seen_by(who, timeout=0)
    assert page is not None
    return page


def _ask(slack: Slack, text: str = "ask churn-model quarterly report") -> SlackPage:
    assert slack.post(slack.body("command", text=text)).status == 200
    return _seen(slack, ALICE)


def _press(slack: Slack, user: str, action: str, **changes: Any) -> None:
    """Press a button of the message in the channel."""
    page = slack.workspace.seen_by(CHANNEL, timeout=0)
    assert page is not None
    button = next(each for each in page.buttons if each["action_id"] == action)
    payload: dict[str, Any] = {"block_id": button["block_id"], "action_id": action, "value": button.get("value")}
    if action == "access-until":
        payload["selected_option"] = {"value": changes.pop("seconds")}
    body = slack.body("press", user_id=user, actions=[payload])
    assert slack.post(body).status == 200
    slack.deliver_events()


def _grants(slack: Slack) -> list[dict[str, Any]]:
    return slack.harness.aws.table.query(["user:alice@example.com"])


def test_a_request_is_posted_to_the_channel_and_bob_allows_it(access: Slack) -> None:
    assert "You asked for churn-model, for 1 hour." in _ask(access).text
    message = access.workspace.seen_by(CHANNEL, timeout=0)
    assert message is not None
    assert "alice@example.com asks for churn-model, for 1 hour\nWhy: quarterly report" in message.text
    assert "[Allow 1 hour] [Allow until …] [Deny] [Open the page]" in message.text
    _press(access, BOB, "access-allow")
    (grant,) = _grants(access)
    assert (grant["granted_by"], grant["reason"]) == ({"S": "user:bob@example.com"}, {"S": "quarterly report"})
    changed = access.workspace.seen_by(CHANNEL, timeout=0)
    assert changed is not None
    assert "Allowed by bob@example.com until" in changed.text
    assert button_labels(changed) == ["End access"]
    told = access.workspace.seen_by(ALICE, timeout=0)
    assert told is not None
    assert "churn-model\nAllowed by bob@example.com until" in told.text
    assert button_labels(told) == ["Show the notebook", "Give back"]


def test_the_approver_chooses_another_length(access: Slack) -> None:
    _ask(access)
    _press(access, BOB, "access-until", seconds="28800")
    (grant,) = _grants(access)
    assert int(grant["until"]["N"]) == int(access.harness.clock()) + 28_800


def test_without_a_reason_a_window_asks_for_the_rest(access: Slack) -> None:
    window = _ask(access, "ask churn-model")
    assert window.view is not None
    assert [(each["id"], each["label"], each["value"]) for each in window.inputs] == [
        ("notebook", "Notebook", "churn-model"),
        ("reason", "Why do you need it?", ""),
        ("seconds", "For how long?", "3600"),
    ]
    body = access.workspace
    status = _submit(access, window.view, notebook="churn-model", reason="report", seconds="28800")
    assert status["response_action"] == "update"
    assert "You asked for churn-model, for 8 hours." in _seen(access, ALICE).text
    assert body.api_calls.count("views.update") == 2


def _submit(slack: Slack, view: Any, **inputs: str) -> Any:
    submission = payloads.submission(slack.workspace.member(ALICE), view, inputs)
    answer = slack.post(payloads.encoded(submission))
    assert answer.status == 200
    return answer.json


def test_the_list_and_a_refusal_have_a_button_to_ask(access: Slack) -> None:
    assert button_labels(access.ask()) == ["Ask for access", "Refresh the list"]
    refused = access.ask(text="churn-model")
    assert button_labels(refused) == ["Ask for access", "Refresh the list"]
    assert refused.buttons[0]["block_id"] == "ask:churn-model"
    window = access.ask("press", action_id="ask", block_id="ask:churn-model")
    assert window.view is not None
    assert window.view["blocks"][0]["element"]["initial_value"] == "churn-model"


def test_a_window_with_the_list_becomes_the_window_to_ask(access: Slack) -> None:
    listed = access.ask("shortcut")
    assert listed.view is not None
    view = {"id": listed.view["id"]}
    window = access.ask("press", action_id="ask", block_id="ask:", view=view, response_url="")
    assert window.view is not None
    assert window.view["id"] == listed.view["id"]
    assert access.workspace.api_calls.count("views.open") == 1


def test_without_approvers_ask_is_the_name_of_a_notebook(slack: Slack) -> None:
    page = slack.ask(text="ask")
    assert "You have no access to this notebook" in page.text
    assert "Ask for access" not in button_labels(page)


@pytest.mark.parametrize(
    ("user", "title"),
    [(ALICE, "You cannot decide on your own request"), (DANA, "This request is not here")],
)
def test_others_cannot_decide(access: Slack, user: str, title: str) -> None:
    _ask(access)
    _press(access, user, "access-allow")
    assert not _grants(access)
    page = access.workspace.seen_by(user, timeout=0)
    assert page is not None
    assert title in page.text


def test_people_with_names_of_different_kinds_cannot_decide_on_each_other(access: Slack, lines: Lines) -> None:
    _configure(access, {**RULES_IN_SLACK, "approvers": {f"slack:{TEAM}/{DANA}": ["*"]}})
    _ask(access)
    _press(access, DANA, "access-allow")
    assert not _grants(access)
    page = access.workspace.seen_by(DANA, timeout=0)
    assert page is not None
    assert "You cannot decide on this request here" in page.text
    assert lines.decisions[-1]["outcome"] == "other_identity"


def test_the_second_press_changes_nothing(access: Slack) -> None:
    _ask(access)
    page = access.workspace.seen_by(CHANNEL, timeout=0)
    assert page is not None
    _press(access, BOB, "access-allow")
    before = _grants(access)
    access.workspace._show(CHANNEL, page)
    _press(access, BOB, "access-until", seconds="28800")
    assert _grants(access) == before
    seen = access.workspace.seen_by(BOB, timeout=0)
    assert seen is not None
    assert "This request is decided already" in seen.text


def test_a_replayed_press_is_refused(access: Slack) -> None:
    _ask(access)
    page = access.workspace.seen_by(CHANNEL, timeout=0)
    assert page is not None
    body = access.body("press", user_id=BOB, action_id="access-deny", block_id=page.buttons[0]["block_id"])
    headers = access.signed(body)
    assert access.post(body, headers).status == 200
    assert access.post(body, headers).status == 401


def test_a_forwarded_request_without_slacks_signature_does_nothing(access: Slack, lines: Lines) -> None:
    _ask(access)
    page = access.workspace.seen_by(CHANNEL, timeout=0)
    assert page is not None
    body = access.body("press", user_id=BOB, action_id="access-allow", block_id=page.buttons[0]["block_id"])
    access.post(body)
    (event,) = access.harness.aws.events
    event["forwarded"]["body"] = event["forwarded"]["body"].replace(BOB, "U0OTHER")
    access.deliver_events()
    assert not _grants(access)
    assert lines.decisions[-1]["outcome"] == "slack_signature"


def test_lambda_can_retry_a_forwarded_request(access: Slack) -> None:
    access.post(access.body("command", text="ask churn-model quarterly report"))
    (event,) = access.harness.aws.events
    access.harness.aws.events.clear()
    handler(event, context_of(SLACK))
    handler(event, context_of(SLACK))
    assert len(access.harness.aws.table.requests()) == 1


@pytest.mark.parametrize(
    "reason", ["<!channel> hello", "<https://evil.example|click>", "*bold* _it_ :tada: `x`", "&amp;"]
)
def test_a_reason_is_shown_as_plain_text(access: Slack, reason: str) -> None:
    _ask(access, f"ask churn-model {reason}")
    page = access.workspace.seen_by(CHANNEL, timeout=0)
    assert page is not None
    (block,) = (each for each in page.blocks if reason in str(each))
    assert block["text"] == {"type": "plain_text", "text": f"Why: {reason}", "emoji": False}


def test_a_notice_that_fails_changes_nothing_else(access: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    access.harness.aws.errors["publish"] = refusal("InternalFailure")
    _configure(access, {**RULES_IN_SLACK, "topic_arn": "arn:aws:sns:eu-west-1:123456789012:asks", "slack_channel": ""})
    assert "You asked for churn-model" in _ask(access).text
    assert len(access.harness.aws.table.requests()) == 1


def test_a_new_request_is_published(access: Slack) -> None:
    _configure(access, {**RULES_IN_SLACK, "topic_arn": "arn:aws:sns:eu-west-1:123456789012:asks"})
    _ask(access)
    (message,) = access.harness.aws.called("publish")
    assert message["Subject"] == "Access request for churn-model"
    assert message["Message"].startswith(
        "Somebody asks for access to churn-model, for 1 hour.\n\nDecide here: https://"
    )
    assert "> alice@example.com\n" in message["Message"]


def test_each_step_in_slack_is_logged(access: Slack, lines: Lines) -> None:
    _ask(access)
    _press(access, BOB, "access-allow")
    steps = [(line["action"], line["subject"], line["outcome"]) for line in lines.decisions if "why" in line]
    assert steps == [("ask", "user:alice@example.com", "allowed"), ("allow", "user:bob@example.com", "allowed")]
