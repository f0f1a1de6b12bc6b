"""Access is ended in Slack: the person gives it back, and an approver ends it."""

import pytest

from gate.store import key_prefixes
from gate.values.session_name import session_name
from local.slack import payloads
from local.slack.page import SlackPage
from testing.asking import JSON, RULES, ask, browser_of, configure, post
from testing.slack import Slack, button_labels

CHANNEL = "C0APPROVERS"
ALICE, BOB, DANA = "U0ALICE", "U0BOB", "U0DANA"


@pytest.fixture
def access(slack: Slack) -> Slack:
    """A workspace in which people can ask, and Bob decides."""
    slack.harness.aws.table.clear("user:alice", "group:")
    configure(slack.harness, {**RULES, "approvers": {"user:bob@example.com": ["*"]}, "slack_channel": CHANNEL})
    return slack


def _seen(slack: Slack, who: str) -> SlackPage:
    page = slack.workspace.seen_by(who, timeout=0)
    assert page is not None
    return page


def _press(slack: Slack, user: str, label: str, page: SlackPage) -> None:
    button = page.buttons[button_labels(page).index(label)]
    assert slack.post(payloads.encoded(slack.workspace.pressed(user, button, page))).status == 200
    slack.deliver_events()


def _allowed(slack: Slack) -> None:
    slack.ask(text="ask churn-model quarterly report")
    message = _seen(slack, CHANNEL)
    allow = next(each for each in message.buttons if each.get("action_id") == "access-allow")
    slack.post(payloads.encoded(slack.workspace.pressed(BOB, allow, message)))
    slack.deliver_events()


def _names(slack: Slack) -> list[str]:
    return sorted(row["name"]["S"] for row in slack.harness.aws.table.query([key_prefixes.ENDED]))


def test_a_person_gives_access_back_in_the_message_that_told_of_it(access: Slack) -> None:
    _allowed(access)
    told = _seen(access, ALICE)
    sent = access.workspace.api_calls.count("chat.postMessage")
    (confirm,) = [each["confirm"] for each in told.buttons if each.get("action_id") == "access-end"]
    assert "closes what is open there" in confirm["text"]["text"]
    _press(access, ALICE, "Give back", told)
    assert "given back by alice@example.com" in _seen(access, ALICE).text
    assert "What is open is closed within a minute." in _seen(access, ALICE).text
    assert "given back by alice@example.com" in _seen(access, CHANNEL).text
    assert not _seen(access, CHANNEL).buttons
    assert access.workspace.api_calls.count("chat.postMessage") == sent
    assert {"denies": {}} in access.harness.aws.events
    _press(access, ALICE, "Give back", told)
    assert "This access is not there any more" in _seen(access, ALICE).text


def test_both_names_of_a_person_who_gives_back_in_slack_are_cut_off(access: Slack) -> None:
    alice, bob = (browser_of(access.harness, f"{name}@example.com") for name in ("alice", "bob"))
    path = ask(alice, "churn-model")
    post(bob, path, decision="allow", seconds=3600)
    message = _seen(access, CHANNEL)
    _press(access, ALICE, "End access", message)
    assert alice.get(path, headers=JSON).json["ended_by"] == "user:alice@example.com"
    assert _names(access) == sorted(["alice@example.com", session_name(f"T0LOCAL/{ALICE}")])


def test_an_approver_ends_access_in_the_channel_and_the_person_is_told(access: Slack) -> None:
    _allowed(access)
    _press(access, BOB, "End access", _seen(access, CHANNEL))
    assert "ended by bob@example.com" in _seen(access, CHANNEL).text
    assert not _seen(access, CHANNEL).buttons
    assert "ended by bob@example.com" in _seen(access, ALICE).text
    assert button_labels(_seen(access, ALICE)) == []


def test_others_cannot_end_access_in_slack(access: Slack) -> None:
    _allowed(access)
    _press(access, DANA, "End access", _seen(access, CHANNEL))
    assert "This request is not here" in _seen(access, DANA).text
    assert not _names(access)
    assert button_labels(_seen(access, CHANNEL)) == ["End access"]


def test_automatic_access_is_ended_in_the_channel(access: Slack) -> None:
    rules = {"automatic": {"user:alice@example.com": ["*"]}, "slack_channel": CHANNEL}
    configure(access.harness, {**RULES, "approvers": {"user:bob@example.com": ["*"]}, **rules})
    access.ask(text="ask churn-model quarterly report")
    _press(access, BOB, "End access", _seen(access, CHANNEL))
    assert "ended by bob@example.com" in _seen(access, CHANNEL).text
    assert not _seen(access, CHANNEL).buttons
