"""Slack where it changes the gate's world, or is an app of somebody's own: each test has a world to itself."""

import subprocess
from pathlib import Path

import pytest
import yaml

from cli.slack_manifest import UsageError, manifest
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from local.slack import payloads
from local.slack.app import SlackApp
from tests.local.clock import Clock
from tests.local.slack import press_button, run_command, ticket_path
from trials.user import TestUser

ROOT = Path(__file__).parents[2]
JSON = {"Accept": "application/json"}


def test_stopping_starting_and_waiting_with_a_ticket(sample: Sample) -> None:
    clock = Clock()
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        # 60 s to stop and 180 s to start, as at AWS, so many times faster.
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
        # The cookie is for that notebook, and makes nobody signed in.
        assert alice.go("/notebooks/shared-notebook", headers=JSON).status_code == 401
        assert alice.go("/", headers=JSON).status_code == 401

        clock.ahead += starting
        assert alice.get(first.headers["Location"], allow_redirects=False).status_code == 302
        assert not alice.cookies


def test_a_ticket_ends_after_five_minutes(sample: Sample) -> None:
    clock = Clock()
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        path = ticket_path(deployment, run_command(deployment))
        clock.ahead += 301
        assert TestUser(deployment).go(path, headers=JSON).json()["error"] == "invalid_ticket"


def test_a_workspace_of_ones_own(sample: Sample) -> None:
    app = SlackApp(team="T0123ABCDEF", signing_secret="8f742231b10e8888abcd99yyyzzz85a5")
    with LocalDeployment(sample, LocalOptions(slack=app)) as deployment:
        assert "alice-notebook" in run_command(deployment).text
        member = payloads.Member("T0LOCAL", "U0ALICE", "alice")
        foreign = payloads.command(
            member, "", response_url=deployment.slack.response_url("U0ALICE"), trigger_id="1.2.3"
        )
        assert deployment.slack.send(foreign) == 401


def test_the_manifest_is_the_deployments_own() -> None:
    app = yaml.safe_load(manifest("https://notebooks.example.com/"))
    url = "https://notebooks.example.com/slack"
    (command,) = app["features"]["slash_commands"]
    (shortcut,) = app["features"]["shortcuts"]
    assert (command["command"], command["url"]) == ("/notebook", url)
    # What the local workspace sends is what the manifest makes Slack send.
    assert shortcut["callback_id"].encode() in payloads.shortcut(payloads.Member("T", "U", "u"), trigger_id="1")
    assert app["settings"]["interactivity"] == {"is_enabled": True, "request_url": url}
    assert set(app["oauth_config"]["scopes"]["bot"]) == {"commands", "users:read", "users:read.email"}


@pytest.mark.parametrize("url", ["", "http://x.example.com", "https://x.example.com\nfeatures: {}", "<BaseUrl>"])
def test_the_manifest_takes_a_deployments_address_alone(url: str) -> None:
    with pytest.raises(UsageError, match="write the output BaseUrl"):
        manifest(url)


def test_the_manifests_command_prints_it() -> None:
    url = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"
    command = ["make", "-s", "slack-manifest"]
    printed = subprocess.run([*command, f"BASE_URL={url}"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (printed.returncode, printed.stdout) == (0, manifest(url))
    nothing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert nothing.returncode != 0
    assert "write the output BaseUrl" in nothing.stderr
