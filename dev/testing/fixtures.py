"""Fixtures of the harness. A conftest.py imports those that its tests use."""

import json
import logging
from collections.abc import Iterator
from typing import NoReturn

import pytest

from local.sample import SlackUser
from local.slack.workspace import Workspace
from testing.aws import FakeAws
from testing.clock import StoppedClock
from testing.environment import ENVIRON, STAGE_URL
from testing.harness import Browser, Harness
from testing.issuer import Issuer
from testing.log_lines import Lines
from testing.slack import SECRET, TEAM, Slack


@pytest.fixture(scope="module")
def _issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture
def issuer(_issuer: Issuer) -> Issuer:
    _issuer.codes.clear()
    _issuer.overrides.clear()
    _issuer.requests.clear()
    _issuer.token_requests.clear()
    _issuer.client_secret = ""
    _issuer.user_info, _issuer.user_info_type = None, "application/json"
    _issuer.access_tokens.clear()
    return _issuer


@pytest.fixture
def harness(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Harness:
    aws = FakeAws()
    for name in ("alice-notebook", "bob-notebook", "shared-notebook"):
        aws.notebooks[name] = "InService"
    aws.grant("user:alice@example.com", "alice-notebook", session=7200, power="start-stop")
    aws.grant("user:bob@example.com", "bob-notebook")
    aws.grant("group:data-science", "shared-notebook", view="classic", session=3600)
    for name, fake in aws.patches():
        monkeypatch.setattr(name, fake)
    monkeypatch.setattr("gate.launch.role_assumer.RETRY_DELAYS", (0, 0, 0))
    harness = Harness(aws, issuer, StoppedClock(), {**ENVIRON, "GATE_ISSUER": issuer.url}, Browser(STAGE_URL))
    harness.configure()
    return harness


def _undelivered(_body: bytes, _headers: object) -> NoReturn:
    raise AssertionError("tests send requests with `Slack.post`")


@pytest.fixture
def slack(harness: Harness) -> Iterator[Slack]:
    """The deployment with a Slack workspace whose e-mail addresses at example.com are trusted."""
    users = [
        SlackUser(id="U0ALICE", name="alice", email="alice@example.com"),
        SlackUser(id="U0BOB", name="bob", email="bob@example.com"),
        SlackUser(id="U0DANA", name="dana"),
    ]
    workspace = Workspace(team=TEAM, users=users, signing_secret=SECRET, deliver=_undelivered, clock=harness.clock)
    harness.aws.secrets["arn:slack"] = json.dumps({"signing_secret": SECRET, "bot_token": workspace.bot_token})
    harness.configure(
        GATE_SLACK_TEAMS=TEAM,
        GATE_SLACK_EMAIL_DOMAINS="example.com",
        GATE_SLACK_SECRET_ARN="arn:slack",
        GATE_SLACK_API_URL=workspace.api_url,
        GATE_SLACK_HOOKS_URLS=f"https://hooks.slack.com/,{workspace.hooks_url}",
    )
    with pytest.MonkeyPatch.context() as patch:
        # A busy machine may take longer than Slack's users should wait. Tests of the time limits set their own.
        for name in ("CALL_TIMEOUT", "WINDOW_TIMEOUT"):
            patch.setattr(f"gate.slack.api.{name}", 60)
        yield Slack(harness, workspace)
    workspace.close()


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler = Lines()
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    yield handler
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger().removeHandler(handler)
