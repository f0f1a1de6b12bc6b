"""Slack in tests that change the deployment or use an app at Slack, and the Web API of the local workspace."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from cli.errors import CommandError
from cli.slack_manifest import manifest
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample, SlackUser
from local.slack import payloads
from local.slack.app import SlackApp
from local.slack.workspace import Workspace
from testing.clock import Clock
from testing.environment import JSON
from testing.slack_user import press_button, run_command, ticket_path
from testing.user import TestUser

ROOT = Path(__file__).parents[3]


def test_stopping_starting_and_waiting_with_a_ticket(sample: Sample) -> None:
    clock = Clock()
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        # In AWS, stopping takes 60 s and starting 180 s.
        stopping, starting = 60 / sample.speed_factor + 1, 180 / sample.speed_factor + 1
        page = press_button(deployment, run_command(deployment), "Stop")
        assert "Stopping" in page.text
        clock.ahead += stopping
        page = press_button(deployment, page, "Refresh the list")
        assert "Stopped" in page.text
        page = press_button(deployment, page, "Start")
        assert "Starting" in page.text

        alice = TestUser(deployment)
        first = alice.go(ticket_path(deployment, page))
        assert first.status_code == 303
        assert "ticket" not in first.headers["Location"]
        waiting = alice.get(first.headers["Location"], allow_redirects=False)
        assert waiting.status_code == 202
        assert alice.go("/notebooks/alice-notebook").json()["state"] == "Pending"
        # The cookie is valid for that notebook, and is not a session.
        assert alice.go("/notebooks/shared-notebook", headers=JSON).status_code == 401
        assert alice.go("/", headers=JSON).status_code == 401

        clock.ahead += starting
        assert alice.get(first.headers["Location"], allow_redirects=False).status_code == 302
        assert not alice.cookies


def test_a_ticket_expires_after_five_minutes(sample: Sample) -> None:
    clock = Clock()
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        path = ticket_path(deployment, run_command(deployment))
        clock.ahead += 301
        assert TestUser(deployment).go(path, headers=JSON).json()["error"] == "invalid_ticket"


def test_an_app_at_slack(sample: Sample) -> None:
    app = SlackApp(team="T0123ABCDEF", signing_secret="8f742231b10e8888abcd99yyyzzz85a5")
    with LocalDeployment(sample, LocalOptions(slack=app)) as deployment:
        assert "alice-notebook" in run_command(deployment).text
        foreign = {**deployment.slack.command("U0ALICE"), "team_id": "T0LOCAL"}
        assert deployment.slack.send(payloads.encoded(foreign)) == 401


def test_the_manifest_has_the_addresses_of_the_deployment() -> None:
    app = yaml.safe_load(manifest("https://notebooks.example.com/"))
    url = "https://notebooks.example.com/slack"
    (command,) = app["features"]["slash_commands"]
    (shortcut,) = app["features"]["shortcuts"]
    assert (command["command"], command["url"]) == ("/notebook", url)
    # The local workspace sends the callback ID of the manifest.
    sent = payloads.shortcut(payloads.Member("T", "U", "u"), trigger_id="1")
    assert sent["callback_id"] == shortcut["callback_id"]
    assert app["settings"]["interactivity"] == {"is_enabled": True, "request_url": url}
    assert set(app["oauth_config"]["scopes"]["bot"]) == {
        "chat:write",
        "commands",
        "users:read",
        "users:read.email",
        "usergroups:read",
    }


@pytest.mark.parametrize("url", ["", "http://x.example.com", "https://x.example.com\nfeatures: {}", "<BaseUrl>"])
def test_the_manifest_needs_an_https_address(url: str) -> None:
    with pytest.raises(CommandError, match="write the output BaseUrl"):
        manifest(url)


def test_make_slack_manifest_prints_the_manifest() -> None:
    url = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"
    command = ["make", "-s", "slack-manifest"]
    printed = subprocess.run([*command, f"BASE_URL={url}"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (printed.returncode, printed.stdout) == (0, manifest(url))
    nothing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert nothing.returncode != 0
    assert "write the output BaseUrl" in nothing.stderr


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    users = [SlackUser(id="U0BOB", name="bob", email="bob@example.com"), SlackUser(id="U0DANA", name="dana")]
    workspace = Workspace(team="T0LOCAL", users=users, signing_secret="s", deliver=lambda _body, _headers: (200, b""))
    yield workspace
    workspace.close()


def test_a_user_is_found_by_address(workspace: Workspace) -> None:
    client = WebClient(workspace.bot_token, base_url=workspace.api_url)
    found: Any = client.users_lookupByEmail(email="bob@example.com")["user"]
    assert (found["id"], found["team_id"], found["profile"]["email"]) == ("U0BOB", "T0LOCAL", "bob@example.com")
    assert found == client.users_info(user="U0BOB")["user"]


@pytest.mark.parametrize(
    ("token", "arguments", "error"),
    [
        (None, {"email": "carol@example.com"}, "users_not_found"),
        (None, {"address": "bob@example.com"}, "invalid_arguments"),
        ("xoxb-another", {"email": "bob@example.com"}, "invalid_auth"),
    ],
)
def test_failed_look_ups_have_slacks_error_codes(
    workspace: Workspace, token: str | None, arguments: dict[str, str], error: str
) -> None:
    client = WebClient(token or workspace.bot_token, base_url=workspace.api_url)
    with pytest.raises(SlackApiError) as refused:
        client.api_call("users.lookupByEmail", http_verb="GET", params=arguments)
    assert refused.value.response["error"] == error
