"""Access requests in Slack: denying with a reason, withdrawing, and less time than asked."""

import json
from typing import Any

import pytest

from gate.platform.aliases import OPERATORS
from gate.routes.dispatch import handler
from local.slack import payloads
from local.slack.page import SlackPage
from testing.asking import JSON, RULES, ask, browser_of, configure, post, state_of
from testing.environment import context_of
from testing.log_lines import Lines
from testing.slack import Slack, button_labels

CHANNEL = "C0APPROVERS"
ALICE, BOB = "U0ALICE", "U0BOB"


@pytest.fixture
def access(slack: Slack) -> Slack:
    """A workspace in which people can ask, and Bob decides."""
    slack.harness.aws.table.clear("user:alice", "group:")
    rules = {**RULES, "approvers": {"user:bob@example.com": ["*"], "user:dana@example.com": ["*"]}}
    configure(slack.harness, {**rules, "slack_channel": CHANNEL})
    return slack


def _seen(slack: Slack, who: str) -> SlackPage:
    page = slack.workspace.seen_by(who, timeout=0)
    assert page is not None
    return page


def _ask(slack: Slack, notebook: str = "churn-model") -> SlackPage:
    return slack.ask(text=f"ask {notebook} quarterly report")


def _press(slack: Slack, user: str, label: str, page: SlackPage) -> None:
    """Press the button with the label in `page`, and deliver what comes of it."""
    button = page.buttons[button_labels(page).index(label)]
    assert slack.post(payloads.encoded(slack.workspace.pressed(user, button, page))).status == 200
    slack.deliver_events()


def _deny(slack: Slack, reason: str, **changes: Any) -> dict[str, Any]:
    """Press Deny in the channel as Bob, and submit the window with `reason`. `changes`: fields of the window."""
    buttons = _without_menus(_seen(slack, CHANNEL))
    _press(slack, BOB, "Deny", buttons)
    window = _seen(slack, BOB).view
    assert window is not None
    submission = payloads.submission(slack.workspace.member(BOB), {**window, **changes}, {"reason": reason})
    answer = slack.post(payloads.encoded(submission))
    slack.deliver_events()
    return {"status": answer.status, **(answer.json if answer.status == 200 else {})}


def _without_menus(page: SlackPage) -> SlackPage:
    blocks = [
        {**each, "elements": [one for one in each["elements"] if one["type"] == "button"]}
        if each["type"] == "actions"
        else each
        for each in page.blocks
    ]
    return SlackPage(blocks, message=page.message)


def _request(slack: Slack) -> dict[str, Any]:
    (row,) = slack.harness.aws.table.requests()
    return row


def test_a_window_asks_why_and_everybody_reads_the_reason(access: Slack, lines: Lines) -> None:
    _ask(access)
    _press(access, BOB, "Deny", _without_menus(_seen(access, CHANNEL)))
    window = _seen(access, BOB)
    assert window.view is not None
    assert (window.view["title"]["text"], window.view["submit"]["text"]) == ("Deny access", "Deny")
    assert [(each["id"], each["label"]) for each in window.inputs] == [("reason", "Why not? (the person reads it)")]
    assert window.blocks[0]["optional"] is True
    assert _request(access)["decision"] == {"S": ""}
    assert _deny(access, "use the *small* one")["response_action"] == "update"
    words = "Denied by bob@example.com.\nWhy not: use the *small* one"
    block = next(each for each in _seen(access, CHANNEL).blocks if "small" in str(each))
    assert block["text"] == {"type": "plain_text", "text": "Why not: use the *small* one", "emoji": False}
    for who in (CHANNEL, ALICE, BOB):
        assert words.replace("*", "") in _seen(access, who).text
    assert not _seen(access, CHANNEL).buttons
    line = lines.decisions[-1]
    assert (line["action"], line["subject"], line["decision_reason"]) == (
        "deny",
        "user:bob@example.com",
        "use the *small* one",
    )


def test_a_request_can_be_denied_without_a_reason(access: Slack) -> None:
    _ask(access)
    _deny(access, "")
    assert _seen(access, ALICE).text == "churn-model\nDenied by bob@example.com."
    assert "Why not" not in _seen(access, CHANNEL).text


def test_what_the_window_keeps_gives_no_rights(access: Slack) -> None:
    """The metadata names another request, which Bob himself made."""
    own = ask(browser_of(access.harness, "bob@example.com"), "alice-notebook").rpartition("/")[2]
    dana = browser_of(access.harness, "dana@example.com")
    _ask(access)
    _deny(access, "no", private_metadata=json.dumps([own, "C0OTHER", "1.000001"]))
    assert "You cannot decide on your own request" in _seen(access, BOB).text
    assert dana.get(f"/requests/{own}", headers=JSON).json["state"] == "open"


@pytest.mark.parametrize("metadata", ["", "{", "[]", "7", '["x"]', '["x", "y"]', '["x", "y", "z", "u"]', "null"])
def test_metadata_of_another_form_decides_nothing(access: Slack, metadata: str) -> None:
    _ask(access)
    _deny(access, "no", private_metadata=metadata)
    assert _request(access)["decision"] == {"S": ""}


@pytest.mark.parametrize("reason", ["x" * 301, "a\u202eb"])
def test_a_reason_that_cannot_be_shown_decides_nothing(access: Slack, reason: str) -> None:
    _ask(access)
    _deny(access, reason)
    assert "Nothing was decided." in _seen(access, BOB).text
    assert _request(access)["decision"] == {"S": ""}


def test_the_person_reads_that_access_is_shorter_than_they_asked_for(access: Slack) -> None:
    _ask_in_window(access, seconds="28800")
    path = f"/requests/{_request(access)['id']['S']}"
    post(browser_of(access.harness, "bob@example.com"), path, decision="allow", seconds=3600)
    shorter = "Allowed by bob@example.com for 1 hour of the 8 hours"
    assert f"{shorter} you asked for, until" in _seen(access, ALICE).text
    assert f"{shorter} asked for, until" in _seen(access, CHANNEL).text


def _ask_in_window(slack: Slack, *, seconds: str) -> None:
    window = slack.ask(text="ask churn-model")
    assert window.view is not None
    inputs = {"notebook": "churn-model", "reason": "report", "seconds": seconds}
    slack.post(payloads.encoded(payloads.submission(slack.workspace.member(ALICE), window.view, inputs)))
    slack.deliver_events()


def test_a_request_is_withdrawn_in_the_answer(access: Slack) -> None:
    answer = _ask(access)
    assert button_labels(answer) == ["Withdraw"]
    _press(access, ALICE, "Withdraw", answer)
    shown = _seen(access, ALICE)
    assert "You withdrew your request for churn-model." in shown.text
    assert button_labels(shown) == ["Ask again"]
    assert "Withdrawn by alice@example.com." in _seen(access, CHANNEL).text
    assert not _seen(access, CHANNEL).buttons
    assert access.workspace.api_calls.count("chat.postMessage") == 1
    _press(access, ALICE, "Withdraw", answer)
    assert "This request was withdrawn" in _seen(access, ALICE).text


def test_a_request_is_withdrawn_in_the_window(access: Slack) -> None:
    _ask_in_window(access, seconds="3600")
    _press(access, ALICE, "Withdraw", _seen(access, ALICE))
    shown = _seen(access, ALICE)
    assert shown.view is not None
    assert "You withdrew your request for churn-model." in shown.text
    assert _request(access)["decision"] == {"S": "withdrawn"}


def test_others_cannot_withdraw(access: Slack) -> None:
    answer = _ask(access)
    _press(access, BOB, "Withdraw", answer)
    assert "This request is not here" in _seen(access, BOB).text
    assert _request(access)["decision"] == {"S": ""}


def test_a_request_of_the_page_is_withdrawn_in_slack_and_the_other_way_round(access: Slack) -> None:
    alice = browser_of(access.harness, "alice@example.com")
    answer = _ask(access)
    path = f"/requests/{_request(access)['id']['S']}"
    assert post(alice, path, decision="withdraw").status == 303
    assert "Withdrawn by alice@example.com." in _seen(access, CHANNEL).text
    later = ask(alice, "churn-model")
    button = {**answer.buttons[0], "block_id": f"access:{later.rpartition('/')[2]}"}
    access.post(payloads.encoded(access.workspace.pressed(ALICE, button, answer)))
    access.deliver_events()
    assert state_of(alice, later) == "withdrawn"


def test_people_read_no_arn_of_an_operator(access: Slack) -> None:
    _ask(access)
    arn = "arn:aws:sts::123456789012:assumed-role/Ops/olga"
    event = {"arn": arn, "action": "deny", "request": _request(access)["id"]["S"], "reason": "ask Bob"}
    handler({"operator": event}, context_of(OPERATORS))
    for who in (CHANNEL, ALICE):
        assert "Denied by your platform team.\nWhy not: ask Bob" in _seen(access, who).text
        assert "arn:" not in _seen(access, who).text
