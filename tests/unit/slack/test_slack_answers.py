"""The answers to Slack commands."""

from typing import Any

import pytest

from testing.aws import refusal
from testing.slack import Slack, button_labels, open_path


def test_the_list_shows_each_notebook_with_its_possible_actions(slack: Slack) -> None:
    slack.harness.aws.grant("slack:T0LOCAL/U0ALICE", "shared-notebook", power="start")
    slack.harness.aws.notebooks["shared-notebook"] = "Stopped"
    surface = slack.ask()
    assert button_labels(surface) == ["Open", "Stop", "Open", "Start", "Refresh the list"]
    assert "alice-notebook\nRunning since 2026-11-23 08:00 UTC · ml.t3.medium" in surface.text
    assert "shared-notebook\nStopped since" in surface.text
    # Screen readers name the notebook, and Stop asks for confirmation.
    buttons = surface.buttons
    assert [button.get("accessibility_label") for button in buttons[:2]] == [
        "Open alice-notebook",
        "Stop alice-notebook",
    ]
    assert "confirm" in buttons[1]


@pytest.mark.parametrize("state", ["Pending", "Stopping", "Failed", "Updating", "Deleting"])
def test_the_buttons_depend_on_the_state(slack: Slack, state: str) -> None:
    slack.harness.aws.notebooks["alice-notebook"] = state
    expected = ["Open", "Start", "Refresh the list"] if state == "Failed" else ["Open", "Refresh the list"]
    assert button_labels(slack.ask()) == expected


def test_an_answer_about_one_notebook_shows_only_that_notebook(slack: Slack) -> None:
    slack.harness.aws.grant("user:alice@example.com", "shared-notebook")
    for text in ("alice-notebook", "  alice-notebook ", "`alice-notebook`"):
        surface = slack.ask(text=text)
        assert "alice-notebook" in surface.text
        assert "shared-notebook" not in surface.text
    # After a button is pressed, the answer still shows only that notebook.
    assert "shared-notebook" not in slack.ask("press", action_id="stop", block_id="one:alice-notebook").text
    assert "shared-notebook" in slack.ask("press", action_id="refresh", block_id="all:").text


def test_only_the_caller_sees_the_answer_and_it_replaces_the_pressed_message(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    from gate.slack.api import SlackApi

    monkeypatch.setattr(SlackApi, "respond", lambda self, url, message: sent.append(message))
    for kind in ("command", "press"):
        slack.post(slack.body(kind))
    slack.deliver_events()
    assert [message["response_type"] for message in sent] == ["ephemeral", "ephemeral"]
    assert [message["replace_original"] for message in sent] == [False, True]
    assert not any(message["unfurl_links"] for message in sent)


def test_start_and_stop_update_the_message(slack: Slack) -> None:
    surface = slack.ask("press", action_id="stop")
    assert slack.harness.aws.notebooks["alice-notebook"] == "Stopping"
    assert "Stopping since" in surface.text
    slack.harness.aws.notebooks["alice-notebook"] = "Stopped"
    assert "Start" in button_labels(slack.ask("press", action_id="refresh", block_id="all:"))
    assert "Starting since" in slack.ask("press", action_id="start").text
    # A second press, or a retry by Lambda, changes nothing and is not an error.
    assert "Starting since" in slack.ask("press", action_id="start").text


def test_pressing_open_makes_a_new_link(slack: Slack) -> None:
    first = open_path(slack.ask())
    second = open_path(slack.ask("press", action_id="open"))
    assert first != second
    assert slack.harness.aws.notebooks["alice-notebook"] == "InService"


def test_an_error_is_shown_in_words_with_the_reference(slack: Slack) -> None:
    reference = "3c1f0a52-1b7e-4c2f-9d64-0f6f0f0b7a11"
    cases = {
        "bob-notebook": "You have no access to this notebook",
        "no-such-notebook": "You have no access to this notebook",
        "../etc": "This is not a valid notebook name",
        "x" * 2900: "This is not a valid notebook name",
    }
    for name, title in cases.items():
        text = slack.ask(text=name).text
        assert title in text
        assert reference in text
    assert "You may not start or stop" in slack.ask("press", user_id="U0BOB", block_id="all:bob-notebook").text
    del slack.harness.aws.notebooks["alice-notebook"]
    assert "This notebook no longer exists" in slack.ask(text="alice-notebook").text
    assert "It no longer exists" in slack.ask().text
    assert button_labels(slack.ask()) == ["Refresh the list"]
    slack.harness.aws.errors["describe_notebook_instance"] = refusal("ThrottlingException")
    assert "is unknown right now" in slack.ask().text
    del slack.harness.aws.errors["describe_notebook_instance"]
    slack.harness.aws.errors["execute_statement"] = refusal("ThrottlingException")
    assert "AWS is limiting requests" in slack.ask().text
    slack.harness.aws.errors["execute_statement"] = RuntimeError("secret words")
    text = slack.ask().text
    assert "Something went wrong" in text
    assert "secret words" not in text


def test_a_user_without_notebooks_sees_their_principals(slack: Slack) -> None:
    assert "tell them who you are: slack:T0LOCAL/U0DANA" in slack.ask(user_id="U0DANA").text
    slack.harness.aws.table.clear()
    assert "user:alice@example.com or slack:T0LOCAL/U0ALICE" in slack.ask().text


def test_many_notebooks_fit_into_a_message(slack: Slack) -> None:
    for number in range(30):
        slack.harness.aws.notebooks[f"n-{number:02}"] = "InService"
        slack.harness.aws.grant("slack:T0LOCAL/U0DANA", f"n-{number:02}", power="start-stop")
    surface = slack.ask(user_id="U0DANA")
    assert len(surface.blocks) <= 50
    assert "10 more: type /notebook NAME" in surface.text


def test_a_shortcut_opens_a_window_immediately_and_fills_it_later(slack: Slack) -> None:
    assert slack.post(slack.body("shortcut")).status == 200
    assert slack.workspace.api_calls == ["views.open"]
    assert slack.workspace.seen_by("U0ALICE", timeout=0) is None
    slack.deliver_events()
    surface = slack.workspace.seen_by("U0ALICE", timeout=0)
    assert surface is not None
    assert surface.view is not None
    assert button_labels(surface) == ["Open", "Stop", "Refresh the list"]
    # A button in the window updates the same window.
    body = slack.body("press_in_window", action_id="stop", view=dict(surface.view))
    assert slack.post(body).status == 200
    slack.deliver_events()
    again = slack.workspace.seen_by("U0ALICE", timeout=0)
    assert again is not None
    assert again.view is not None
    assert again.view["id"] == surface.view["id"]
    assert "Stopping since" in again.text


def test_nothing_is_posted_to_a_response_url_that_is_not_slacks(slack: Slack) -> None:
    from gate.values.errors.slack import SlackDownError

    other_path = slack.workspace.hooks_url.replace("/hooks/", "/other/")
    for url in (
        f"{other_path}x",
        "https://hooks.slack.com.evil.example/x",
        "http://hooks.slack.com/x",
        "",
        "file:///etc/passwd",
    ):
        assert slack.post(slack.body("command", response_url=url or "x")).status == 200
        with pytest.raises(SlackDownError):
            slack.deliver_events()


def test_the_invocation_fails_when_slack_does_not_respond_so_that_lambda_retries(slack: Slack) -> None:
    from gate.values.errors.slack import SlackDownError

    slack.post(slack.body("command"))
    (event,) = slack.harness.aws.events
    slack.workspace.close()
    with pytest.raises(SlackDownError):
        slack.deliver_events()
    assert event["requestContext"]["requestId"] == event["slack"]["id"]
