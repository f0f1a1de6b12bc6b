"""What people in Slack are answered, and who they are taken for."""

import json
from typing import Any

import pytest

from tests.unit.aws import SIGNING_KEY, TOKEN, refusal
from tests.unit.conftest import Harness
from tests.unit.slack import SECRET, TEAM, Slack, labels, link
from tests.unit.test_audit import Lines, lines  # noqa: F401


def test_the_list_shows_each_notebook_with_what_can_be_done(slack: Slack) -> None:
    slack.harness.aws.grant("slack:T0LOCAL/U0ALICE", "shared-notebook", power="start")
    slack.harness.aws.notebooks |= {"shared-notebook": "Stopped"}
    seen = slack.ask()
    assert labels(seen) == ["Open", "Stop", "Open", "Start", "Refresh the list"]
    assert "alice-notebook\nRunning since 2026-11-23 08:00 UTC · ml.t3.medium" in seen.text
    assert "shared-notebook\nStopped since" in seen.text
    # Screen readers say which; and stopping asks first.
    buttons = seen.buttons
    assert [button.get("accessibility_label") for button in buttons[:2]] == [
        "Open alice-notebook",
        "Stop alice-notebook",
    ]
    assert "confirm" in buttons[1]


@pytest.mark.parametrize("state", ["Pending", "Stopping", "Failed", "Updating", "Deleting"])
def test_buttons_fit_the_state(slack: Slack, state: str) -> None:
    slack.harness.aws.notebooks["alice-notebook"] = state
    expected = ["Open", "Start", "Refresh the list"] if state == "Failed" else ["Open", "Refresh the list"]
    assert labels(slack.ask()) == expected


def test_a_named_notebook_is_shown_alone(slack: Slack) -> None:
    slack.harness.aws.grant("user:alice@example.com", "shared-notebook")
    for typed in ("alice-notebook", "  alice-notebook ", "`alice-notebook`"):
        seen = slack.ask(text=typed)
        assert "alice-notebook" in seen.text
        assert "shared-notebook" not in seen.text
    # It stays alone when a button in it is pressed.
    assert "shared-notebook" not in slack.ask("press", action_id="stop", block_id="one:alice-notebook").text
    assert "shared-notebook" in slack.ask("press", action_id="refresh", block_id="all:").text


def test_the_answer_is_for_the_caller_alone_and_replaces_what_was_pressed(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    from gate.slack.api import SlackApi

    monkeypatch.setattr(SlackApi, "respond", lambda self, url, message: sent.append(message))
    for kind in ("command", "press"):
        slack.post(slack.body(kind))
    slack.work()
    assert [message["response_type"] for message in sent] == ["ephemeral", "ephemeral"]
    assert [message["replace_original"] for message in sent] == [False, True]
    assert not any(message["unfurl_links"] for message in sent)


def test_start_and_stop_work_in_place(slack: Slack) -> None:
    seen = slack.ask("press", action_id="stop")
    assert slack.harness.aws.notebooks["alice-notebook"] == "Stopping"
    assert "Stopping since" in seen.text
    slack.harness.aws.notebooks["alice-notebook"] = "Stopped"
    assert "Start" in labels(slack.ask("press", action_id="refresh", block_id="all:"))
    assert "Starting since" in slack.ask("press", action_id="start").text
    # Pressed again, by somebody who was slow or by Lambda's second try, it changes nothing and is no failure.
    assert "Starting since" in slack.ask("press", action_id="start").text


def test_pressing_open_brings_a_fresh_link(slack: Slack) -> None:
    first = link(slack.ask())
    second = link(slack.ask("press", action_id="open"))
    assert first != second
    assert slack.harness.aws.notebooks["alice-notebook"] == "InService"


def test_refusals_are_told_in_words_with_the_reference(slack: Slack) -> None:
    reference = "3c1f0a52-1b7e-4c2f-9d64-0f6f0f0b7a11"
    cases = {
        "bob-notebook": "This notebook is not yours to open",
        "no-such-notebook": "This notebook is not yours to open",
        "../etc": "This is not a valid notebook name",
        "x" * 2900: "This is not a valid notebook name",
    }
    for typed, title in cases.items():
        text = slack.ask(text=typed).text
        assert title in text
        assert reference in text
    assert "You may not start or stop" in slack.ask("press", who="U0BOB", block_id="all:bob-notebook").text
    del slack.harness.aws.notebooks["alice-notebook"]
    assert "This notebook no longer exists" in slack.ask(text="alice-notebook").text
    assert "is unknown right now" in slack.ask().text
    slack.harness.aws.errors["execute_statement"] = refusal("ThrottlingException")
    assert "AWS asked us to slow down" in slack.ask().text
    slack.harness.aws.errors["execute_statement"] = RuntimeError("secret words")
    text = slack.ask().text
    assert "Something went wrong" in text
    assert "secret words" not in text


def test_who_has_nothing_is_told_who_they_are(slack: Slack) -> None:
    assert "tell them who you are: slack:T0LOCAL/U0DANA" in slack.ask(who="U0DANA").text
    slack.harness.aws.grants.clear()
    assert "user:alice@example.com or slack:T0LOCAL/U0ALICE" in slack.ask().text


def test_many_notebooks_still_fit_into_a_message(slack: Slack) -> None:
    for number in range(30):
        slack.harness.aws.notebooks[f"n-{number:02}"] = "InService"
        slack.harness.aws.grant("slack:T0LOCAL/U0DANA", f"n-{number:02}", power="start-stop")
    seen = slack.ask(who="U0DANA")
    assert len(seen.blocks) <= 50
    assert "10 more: type /notebook NAME" in seen.text


def test_a_shortcut_opens_a_window_at_once_and_fills_it_afterwards(slack: Slack) -> None:
    assert slack.post(slack.body("shortcut")).status == 200
    assert slack.workspace.api_calls == ["views.open"]
    assert slack.workspace.seen_by("U0ALICE", timeout=0) is None
    slack.work()
    seen = slack.workspace.seen_by("U0ALICE", timeout=0)
    assert seen is not None
    assert seen.view is not None
    assert labels(seen) == ["Open", "Stop", "Refresh the list"]
    # A press in the window fills the same window.
    body = slack.body("press_in_window", action_id="stop", view=dict(seen.view))
    assert slack.post(body).status == 200
    slack.work()
    again = slack.workspace.seen_by("U0ALICE", timeout=0)
    assert again is not None
    assert again.view is not None
    assert again.view["id"] == seen.view["id"]
    assert "Stopping since" in again.text


def test_nothing_is_posted_to_addresses_that_are_not_slacks(slack: Slack) -> None:
    from gate.errors.slack import SlackDownError

    evil = slack.workspace.hooks_url.replace("/hooks/", "/elsewhere/")
    for url in (
        f"{evil}x",
        "https://hooks.slack.com.evil.example/x",
        "http://hooks.slack.com/x",
        "",
        "file:///etc/passwd",
    ):
        assert slack.post(slack.body("command", response_url=url or "x")).status == 200
        with pytest.raises(SlackDownError):
            slack.work()


def test_when_slack_does_not_answer_lambda_tries_again(slack: Slack) -> None:
    from gate.errors.slack import SlackDownError

    slack.post(slack.body("command"))
    (event,) = slack.harness.aws.events
    slack.workspace.close()
    with pytest.raises(SlackDownError):
        slack.work()
    assert event["requestContext"]["requestId"] == event["slack"]["id"]


# Who they are ---------------------------------------------------------------------------------------------------------

MEMBER = {"team_id": TEAM, "is_email_confirmed": True, "profile": {"email": "Alice@Example.com"}}


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, True),
        ({"team_id": "T0OTHER"}, False),
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
def test_an_address_counts_only_where_slack_vouches_for_it(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], known: bool | None
) -> None:
    from gate.slack.api import SlackApi

    monkeypatch.setattr(SlackApi, "user", lambda self, user: {**MEMBER, **changes})
    # The desk took hold of the method when it was made.
    slack.harness.configure()
    text = slack.ask().text
    # A look-alike is known by its own address, which is nobody's here.
    assert ("Running since" in text) is (known is True)


def test_slack_is_asked_once_in_five_minutes_and_not_at_all_without_domains(slack: Slack) -> None:
    for _ in range(3):
        slack.ask()
    slack.ask(who="U0BOB")
    assert slack.workspace.api_calls == ["users.info", "users.info"]
    slack.harness.clock.now += 301
    slack.ask()
    assert len(slack.workspace.api_calls) == 3
    slack.harness.configure(GATE_SLACK_EMAIL_DOMAINS="")
    slack.harness.aws.grant("slack:T0LOCAL/U0ALICE", "shared-notebook")
    assert "shared-notebook" in (text := slack.ask().text)
    assert "alice-notebook" not in text
    assert len(slack.workspace.api_calls) == 3


def test_without_its_bot_token_the_gate_says_that_slack_does_not_tell(slack: Slack) -> None:
    slack.harness.aws.secrets["arn:slack"] = json.dumps({"signing_secret": SECRET, "bot_token": ""})
    slack.harness.configure()
    assert "Slack is not responding" in slack.ask().text
    slack.harness.aws.secrets["arn:slack"] = json.dumps({"signing_secret": SECRET, "bot_token": "xoxb-revoked"})
    slack.harness.configure()
    assert "Slack is not responding" in slack.ask().text
    # A window can't be opened then; Slack tells so by itself.
    answer = slack.post(slack.body("shortcut"))
    assert (answer.status, answer.json["error"]) == (502, "slack_down")


def test_credentials_for_slack_open_nothing(slack: Slack) -> None:
    slack.ask()
    policies = [json.loads(call["Policy"]) for call in slack.harness.aws.called("assume_role")]
    assert policies
    assert "CreatePresignedNotebookInstanceUrl" not in json.dumps(policies)
    # They do not depend on which of Slack's servers called, so they are kept.
    slack.ask("press", action_id="refresh")
    assert len(slack.harness.aws.called("assume_role")) == len(policies)
    assert not slack.harness.aws.called("create_presigned_notebook_instance_url")


def test_no_secret_of_slacks_reaches_a_log(slack: Slack, lines: Lines) -> None:  # noqa: F811
    seen = slack.ask()
    path = link(seen)
    slack.harness.browser.get(path)
    slack.harness.browser.get(path)
    body = slack.body("press", action_id="stop")
    slack.post(body, {})
    slack.post(body)
    slack.work()
    slack.post(slack.body("shortcut"))
    slack.post(slack.body("command", response_url="https://evil.example/capability"))
    with pytest.raises(Exception, match="Try again"):
        slack.work()
    text = "\n".join(lines.texts)
    assert '"via":"slack"' in text
    assert '"via":"ticket"' in text
    assert '"outcome":"invalid_ticket"' in text
    assert '"outcome":"slack_signature"' in text
    token = path.partition("ticket=")[2]
    hooks = slack.workspace.hooks_url
    for secret in (SECRET, slack.workspace.bot_token, token, hooks, "evil.example", SIGNING_KEY, TOKEN, "trigger_id"):
        assert secret not in text, secret


def test_both_invocations_are_found_by_one_reference(slack: Slack, lines: Lines) -> None:  # noqa: F811
    slack.ask()
    front, back = lines.decisions
    assert (front["action"], back["action"]) == ("slack", "list")
    assert front["correlation_id"] == back["correlation_id"] == front["request_id"] == back["request_id"]
    assert back["subject"] == "user:alice@example.com"


def test_outsiders_are_logged_with_the_reason(slack: Slack, lines: Lines) -> None:  # noqa: F811
    body = slack.body("command")
    slack.post(body, {})
    slack.post(body)
    slack.post(body)
    slack.post(slack.body("command", team_id="T0OTHER"))
    outcomes = [line["outcome"] for line in lines.decisions]
    assert outcomes == ["slack_signature", "allowed", "slack_replay", "slack_team"]


def test_the_world_without_slack_asks_for_none_of_its_secrets(harness: Harness) -> None:
    harness.sign_in()
    harness.browser.get("/open/alice-notebook")
    assert {call["SecretId"] for call in harness.aws.called("get_secret_value")} == {"arn:session"}
