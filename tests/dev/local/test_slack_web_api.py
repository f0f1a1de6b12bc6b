"""The local workspace answers users.lookupByEmail as docs.slack.dev describes it, called with Slack's SDK."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from local.sample import SlackUser
from local.slack.workspace import Workspace


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
