"""The message to the approvers in Slack, if AWS fails after it was posted."""

import json
from typing import Any

import pytest

from testing.asking import JSON, RULES, ask, browser_of, configure, post, state_of
from testing.aws import refusal
from testing.slack import Slack

CHANNEL = "C0APPROVERS"


@pytest.fixture
def access(slack: Slack) -> Slack:
    """A workspace whose channel is told of requests."""
    rules = {**RULES, "approvers": {"user:bob@example.com": ["*"]}, "slack_channel": CHANNEL}
    configure(slack.harness, rules)
    slack.harness.aws.table.clear()
    return slack


def _fail_after_the_post(slack: Slack, code: str) -> None:
    def fail(_arguments: Any) -> None:
        if len(slack.harness.aws.called("transact_write_items")) == 2:
            raise refusal(code)

    slack.harness.aws.before["transact_write_items"] = fail


def _channel(slack: Slack) -> str:
    page = slack.workspace.seen_by(CHANNEL, timeout=0)
    assert page is not None
    return page.text


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError", "TransactionCanceledException"])
def test_a_request_whose_message_could_not_be_stored_is_a_success(access: Slack, code: str) -> None:
    _fail_after_the_post(access, code)
    alice = browser_of(access.harness, "alice@example.com")
    path = ask(alice)
    assert state_of(alice, path) == "open"
    assert access.workspace.api_calls.count("chat.postMessage") == 1
    assert ask(alice) == path
    assert access.workspace.api_calls.count("chat.postMessage") == 1


def test_a_press_in_that_message_mends_it(access: Slack) -> None:
    _fail_after_the_post(access, "ThrottlingException")
    alice = browser_of(access.harness, "alice@example.com")
    path = ask(alice, "prod-model")
    _press(access, path, "U0BOB")
    assert "Allowed by bob@example.com (1 hour), waiting for another person." in _channel(access)


def test_a_press_in_that_message_shows_what_was_decided_on_the_page(access: Slack) -> None:
    _fail_after_the_post(access, "ThrottlingException")
    path = ask(browser_of(access.harness, "alice@example.com"))
    post(browser_of(access.harness, "bob@example.com"), path, decision="deny")
    assert "[Deny]" in _channel(access)
    _press(access, path, "U0BOB")
    assert "Denied by bob@example.com" in _channel(access)
    seen = access.workspace.seen_by("U0BOB", timeout=0)
    assert seen is not None
    assert "This request is decided already" in seen.text


def test_a_message_that_only_one_user_sees_is_not_remembered(access: Slack) -> None:
    _fail_after_the_post(access, "ThrottlingException")
    path = ask(browser_of(access.harness, "alice@example.com"), "prod-model")
    _press(access, path, "U0BOB", is_ephemeral=True)
    assert "Approved" not in _channel(access)
    (request,) = access.harness.aws.table.requests()
    assert (request["message"]["S"], len(json.loads(request["approvals"]["S"]))) == ("[]", 1)


def _press(slack: Slack, path: str, user: str, *, is_ephemeral: bool = False) -> None:
    page = slack.workspace.seen_by(CHANNEL, timeout=0)
    assert page is not None
    assert page.message is not None
    container = {"type": "message", "channel_id": page.message[0], "message_ts": page.message[1]}
    action = {"action_id": "access-allow", "value": "3600", "block_id": f"access:{path.rpartition('/')[2]}"}
    body = slack.body("press", user_id=user, actions=[action], container={**container, "is_ephemeral": is_ephemeral})
    assert slack.post(body).status == 200
    slack.deliver_events()


def test_a_new_request_ends_the_message_of_the_one_that_it_replaces(access: Slack) -> None:
    alice = browser_of(access.harness, "alice@example.com")
    ask(alice)
    first = access.workspace.seen_by(CHANNEL, timeout=0)
    assert first is not None
    post(alice, "/logout", everywhere="1")
    access.harness.clock.now += 2
    alice = browser_of(access.harness, "alice@example.com")
    path = ask(alice)
    shown = [page.text for page in access.workspace._api.messages.values()]
    assert ["This request has ended." in text for text in shown] == [True, False]
    assert alice.get(path, headers=JSON).json["state"] == "open"
