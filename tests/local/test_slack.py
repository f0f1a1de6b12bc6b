"""Slack over real sockets: typed, signed, acknowledged, answered, clicked; and the command that plays it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from slack_sdk.signature import SignatureVerifier

from local.deployment import LocalDeployment
from local.slack import payloads
from tests.local.slack import press_button, run_command, ticket_path
from trials.user import TestUser

ROOT = Path(__file__).parents[2]
JSON = {"Accept": "application/json"}


def test_one_types_notebook_and_lands_in_it_with_one_click(deployment: LocalDeployment) -> None:
    page = run_command(deployment)
    assert "alice-notebook" in page.text
    assert "bob-notebook" not in page.text
    assert "authToken" not in str(page.blocks)

    answer = TestUser(deployment).go(ticket_path(deployment, page))

    made = deployment.urls.made[-1]
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{made.url}&view=lab")
    assert made.creator.arn.endswith("/alice@example.com")
    assert not answer.cookies


def test_who_has_no_address_in_slack_has_the_grants_of_their_slack_name(deployment: LocalDeployment) -> None:
    page = run_command(deployment, "U0DANA")
    assert "shared-notebook" in page.text
    assert (
        TestUser(deployment).go(ticket_path(deployment, page)).headers["Location"].startswith("http://shared-notebook.")
    )
    assert "slack:T0LOCAL/U0NOBODY" in run_command(deployment, "U0NOBODY").text


def test_somebody_elses_notebook_is_not_granted_by_its_name(deployment: LocalDeployment) -> None:
    for name in ("bob-notebook", "no-such-notebook"):
        page = run_command(deployment, text=name)
        assert not any(button.get("url") for button in page.buttons)


def test_tickets_open_from_inside_the_networks_alone(deployment: LocalDeployment) -> None:
    path = ticket_path(deployment, run_command(deployment))
    calls = deployment.front_door.calls

    refused = TestUser(deployment, "127.0.0.2").go(path, headers=JSON)

    assert (refused.status_code, refused.json()["error"]) == (403, "outside_networks")
    assert deployment.front_door.calls == calls
    # From outside it was not spent either: whoever it was made for can still come.
    assert TestUser(deployment).go(path).status_code == 302


def test_a_ticket_is_spent_in_the_table_itself(deployment: LocalDeployment) -> None:
    path = ticket_path(deployment, run_command(deployment))
    answers = [TestUser(deployment).go(path, headers=JSON) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 401, 401]
    assert answers[1].json()["error"] == "invalid_ticket"
    items = deployment.operator("dynamodb").scan(TableName=deployment.template.table["TableName"])["Items"]
    spent = [item for item in items if item["principal"]["S"].startswith("replay:ticket/")]
    # Each goes by itself when nobody could use its ticket any more.
    assert all(time.time() < int(item["until"]["N"]) < time.time() + 3600 for item in spent)
    assert spent


def test_slacks_previewer_leaves_a_ticket_alone(deployment: LocalDeployment) -> None:
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
def test_what_slack_has_not_signed_is_refused(deployment: LocalDeployment, changed: dict[str, str]) -> None:
    body = payloads.command(
        payloads.Member("T0LOCAL", "U0ALICE", "alice"),
        "",
        response_url=deployment.slack.response_url("U0ALICE"),
        trigger_id=deployment.slack.trigger_id("U0ALICE"),
    )
    assert deployment.slack.send(body, changed) == 401
    assert deployment.slack.send(body) == 200
    assert deployment.slack.send(body + b" ", _signed_by("another secret", body)) == 401


def test_another_team_gets_nothing(deployment: LocalDeployment) -> None:
    stranger = payloads.Member("T0OTHER", "U0ALICE", "alice")
    hook, trigger = deployment.slack.response_url("U0ALICE"), deployment.slack.trigger_id("U0ALICE")
    assert deployment.slack.send(payloads.command(stranger, "", response_url=hook, trigger_id=trigger)) == 401
    assert deployment.slack.send(payloads.shortcut(stranger, trigger_id=trigger)) == 401


def test_the_shortcut_opens_a_window_with_the_same_buttons(deployment: LocalDeployment) -> None:
    assert deployment.slack.shortcut("U0ALICE") == 200
    page = deployment.slack.seen_by("U0ALICE")
    assert page is not None
    assert page.view is not None
    path = ticket_path(deployment, page)
    refreshed = press_button(deployment, page, "Refresh the list")
    assert refreshed.view is not None
    assert refreshed.view["id"] == page.view["id"]
    assert ticket_path(deployment, refreshed) != path


def _signed_by(secret: str, body: bytes) -> dict[str, str]:
    stamp = str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature or ""}


def _play(lines: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local.slack"],
        input=lines,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "lambda", **environment},
    )


def test_the_player_shows_what_somebody_would_see(deployment: LocalDeployment) -> None:
    played = _play("/notebook\n/notebook alice-notebook\nnonsense\n99\nshortcut\nquit\n", PORT=str(deployment.port))
    assert (played.returncode, played.stderr) == (0, "")
    for text in ("You are U0ALICE", "alice-notebook", "Open", "(in a modal)", "Type /notebook"):
        assert text in played.stdout
    url = next(word for word in played.stdout.split() if "?ticket=" in word)
    assert TestUser(deployment).get(url, allow_redirects=False).status_code == 302


def test_the_player_presses_buttons_and_can_be_somebody_else(deployment: LocalDeployment) -> None:
    played = _play("/notebook\n1\n", PORT=str(deployment.port), SLACK_USER="U0DANA")
    assert played.returncode == 0
    assert played.stdout.count("shared-notebook") >= 2


@pytest.mark.parametrize(("port", "told"), [("1", "Nothing serves Slack on port 1"), ("x", "PORT=x is not a port")])
def test_the_player_says_what_is_missing(port: str, told: str) -> None:
    played = _play("/notebook\n", PORT=port)
    assert played.returncode == 1
    assert told in played.stderr
    assert "Traceback" not in played.stderr
