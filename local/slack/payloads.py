"""The requests that Slack sends to an app, as its documentation describes them.

Sources: docs.slack.dev, "Implementing slash commands", "Shortcuts interaction payload", "block_actions payload".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from local.slack.page import SlackPage

TOKEN = "deprecated-verification-token"
APP = "A0LOCALAPP"
CHANNEL = {"id": "C0LOCALCHAN", "name": "data-science"}


@dataclass(frozen=True)
class Member:
    """A user of a workspace."""

    team: str
    id: str
    name: str


def command(member: Member, text: str, *, response_url: str, trigger_id: str) -> bytes:
    """Return the body of a slash command."""
    return urlencode(
        {
            "token": TOKEN,
            "team_id": member.team,
            "team_domain": "local",
            "channel_id": CHANNEL["id"],
            "channel_name": CHANNEL["name"],
            "user_id": member.id,
            "user_name": member.name,
            "command": "/notebook",
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": trigger_id,
        }
    ).encode()


def shortcut(member: Member, *, trigger_id: str) -> bytes:
    """Return the body of a global shortcut."""
    return _interaction(
        {
            "type": "shortcut",
            "token": TOKEN,
            "action_ts": "1795425322.371594",
            **_user_fields(member),
            "callback_id": "notebooks",
            "trigger_id": trigger_id,
        }
    )


def press(member: Member, button: Mapping[str, Any], *, trigger_id: str, response_url: str, page: SlackPage) -> bytes:
    """Return the body of a press on `button`, in `page`: the message of `response_url`, or a modal."""
    pressed = {
        "type": "block_actions",
        **_user_fields(member),
        "api_app_id": APP,
        "token": TOKEN,
        "trigger_id": trigger_id,
        "state": {"values": {}},
        "actions": [{**button, "action_ts": "1795425322.840180"}],
    }
    if page.view is not None:
        origin: dict[str, Any] = {"container": {"type": "view", "view_id": page.view["id"]}, "view": page.view}
    else:
        channel, timestamp = page.message or (CHANNEL["id"], "1795425320.000200")
        container = {"type": "message", "message_ts": timestamp, "channel_id": channel}
        origin = {
            "container": {**container, "is_ephemeral": page.message is None},
            "channel": {**CHANNEL, "id": channel},
            "response_url": response_url,
        }
    return _interaction({**pressed, **origin})


def submission(member: Member, view: Mapping[str, Any], inputs: Mapping[str, str]) -> bytes:
    """Return the body of a submitted window. `inputs`: the entered or chosen value of each input, by action id."""
    values = {}
    for number, block in enumerate(each for each in view["blocks"] if each["type"] == "input"):
        element = block["element"]
        value = inputs[element["action_id"]]
        entered = {"selected_option": {"value": value}} if element["type"] == "static_select" else {"value": value}
        values[f"b{number}"] = {element["action_id"]: {"type": element["type"], **entered}}
    return _interaction(
        {
            "type": "view_submission",
            **_user_fields(member),
            "api_app_id": APP,
            "token": TOKEN,
            "trigger_id": "",
            "view": {**view, "state": {"values": values}},
            "response_urls": [],
        }
    )


def _user_fields(member: Member) -> dict[str, Any]:
    return {
        "user": {"id": member.id, "username": member.name, "name": member.name, "team_id": member.team},
        "team": {"id": member.team, "domain": "local"},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _interaction(payload: Mapping[str, Any]) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()
