"""Slack over real sockets: commands, shortcuts, buttons and links; and `make slack`."""

import time
from pathlib import Path

import pytest

from local.deployment import LocalDeployment
from local.places import OUTSIDE
from local.slack import payloads
from testing.environment import JSON
from testing.slack_user import make_slack, press_button, run_command, ticket_path
from testing.user import TestUser

ROOT = Path(__file__).parents[3]


def test_the_command_gives_a_link_that_opens_the_notebook(deployment: LocalDeployment) -> None:
    page = run_command(deployment)
    assert "alice-notebook" in page.text
    assert "bob-notebook" not in page.text
    assert "authToken" not in str(page.blocks)

    answer = TestUser(deployment).go(ticket_path(deployment, page))

    made = deployment.urls.made[-1]
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{made.url}&view=lab")
    assert made.creator.arn.endswith("/alice@example.com")
    assert not answer.cookies


def test_a_user_without_an_address_has_the_grants_of_their_slack_id(deployment: LocalDeployment) -> None:
    page = run_command(deployment, "U0DANA")
    assert "shared-notebook" in page.text
    assert (
        TestUser(deployment).go(ticket_path(deployment, page)).headers["Location"].startswith("http://shared-notebook.")
    )
    assert "slack:T0LOCAL/U0NOBODY" in run_command(deployment, "U0NOBODY").text


def test_naming_a_notebook_without_a_grant_gives_no_link(deployment: LocalDeployment) -> None:
    for name in ("bob-notebook", "no-such-notebook"):
        page = run_command(deployment, text=name)
        assert not any(button.get("url") for button in page.buttons)


def test_tickets_work_only_inside_the_networks(deployment: LocalDeployment) -> None:
    path = ticket_path(deployment, run_command(deployment))
    calls = deployment.front_door.calls

    refused = TestUser(deployment, OUTSIDE).go(path, headers=JSON)

    assert (refused.status_code, refused.json()["error"]) == (403, "outside_networks")
    assert deployment.front_door.calls == calls
    # The refused request did not use the ticket.
    assert TestUser(deployment).go(path).status_code == 302


def test_the_table_makes_a_ticket_single_use(deployment: LocalDeployment) -> None:
    path = ticket_path(deployment, run_command(deployment))
    answers = [TestUser(deployment).go(path, headers=JSON) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 401, 401]
    assert answers[1].json()["error"] == "invalid_ticket"
    items = deployment.operator("dynamodb").scan(TableName=deployment.template.table["TableName"])["Items"]
    used = [item for item in items if item["principal"]["S"].startswith("replay:ticket/")]
    # DynamoDB deletes each row once its ticket has expired.
    assert all(time.time() < int(item["until"]["N"]) < time.time() + 3600 for item in used)
    assert used


def test_slacks_link_preview_does_not_use_a_ticket(deployment: LocalDeployment) -> None:
    path = ticket_path(deployment, run_command(deployment))
    robot = {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}
    assert TestUser(deployment).go(path, headers=robot).status_code == 403
    assert TestUser(deployment).go(path).status_code == 302


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": ""},
        {"X-Slack-Request-Timestamp": "1"},
        {"X-Slack-Request-Timestamp": "soon"},
    ],
)
def test_requests_without_slacks_signature_are_refused(deployment: LocalDeployment, changed: dict[str, str]) -> None:
    body = payloads.encoded(deployment.slack.command("U0ALICE"))
    assert deployment.slack.send(body, changed) == 401
    assert deployment.slack.send(body) == 200
    assert deployment.slack.send(body + b" ", payloads.signed_headers("another secret", body, time.time())) == 401


def test_another_workspace_is_refused(deployment: LocalDeployment) -> None:
    command = {**deployment.slack.command("U0ALICE"), "team_id": "T0OTHER"}
    stranger = payloads.Member("T0OTHER", "U0ALICE", "alice")
    shortcut = payloads.shortcut(stranger, trigger_id=deployment.slack.trigger_id("U0ALICE"))
    for payload in (command, shortcut):
        assert deployment.slack.send(payloads.encoded(payload)) == 401


def test_the_shortcut_opens_a_modal_with_the_same_buttons(deployment: LocalDeployment) -> None:
    assert deployment.slack.shortcut("U0ALICE") == 200
    page = deployment.slack.seen_by("U0ALICE")
    assert page is not None
    assert page.view is not None
    path = ticket_path(deployment, page)
    refreshed = press_button(deployment, page, "Refresh the list")
    assert refreshed.view is not None
    assert refreshed.view["id"] == page.view["id"]
    assert ticket_path(deployment, refreshed) != path


def test_make_slack_shows_what_the_user_sees(deployment: LocalDeployment) -> None:
    console = make_slack(
        "/notebook\n/notebook alice-notebook\nnonsense\n99\nshortcut\nquit\n", PORT=str(deployment.port)
    )
    assert (console.returncode, console.stderr) == (0, "")
    for text in ("You are U0ALICE", "alice-notebook", "Open", "(in a modal)", "Type /notebook"):
        assert text in console.stdout
    url = next(word for word in console.stdout.split() if "?ticket=" in word)
    assert TestUser(deployment).get(url, allow_redirects=False).status_code == 302


def test_make_slack_presses_buttons_as_another_user(deployment: LocalDeployment) -> None:
    console = make_slack("/notebook\n1\n", PORT=str(deployment.port), SLACK_USER="U0DANA")
    assert console.returncode == 0
    assert console.stdout.count("shared-notebook") >= 2


@pytest.mark.parametrize(("port", "message"), [("1", "Nothing serves Slack on port 1"), ("x", "PORT=x is not a port")])
def test_make_slack_reports_a_wrong_port(port: str, message: str) -> None:
    console = make_slack("/notebook\n", PORT=port)
    assert console.returncode == 1
    assert message in console.stderr
    assert "Traceback" not in console.stderr
