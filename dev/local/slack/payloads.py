"""The requests that Slack sends to an app, as its documentation describes them.

Sources: docs.slack.dev, "Implementing slash commands", "Shortcuts interaction payload", "block_actions payload".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from local.slack.page import SlackPage

TOKEN = "deprecated-verification-token"
APP = "A0LOCALAPP"
CHANNEL = {"id": "C0LOCALCHAN", "name": "data-science"}

Payload = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """A user of a workspace."""

    team: str
    id: str
    name: str


def encoded(payload: Mapping[str, Any]) -> bytes:
    """Return the body of the request with `payload`."""
    return urlencode(payload if "command" in payload else {"payload": json.dumps(payload)}).encode()


def signed_headers(secret: str, body: bytes, now: float) -> dict[str, str]:
    """Return the headers of a request with `body`, signed with `secret` at `now`, in epoch seconds."""
    timestamp = str(int(now))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature or "",
    }


def command(member: Member, text: str, *, response_url: str, trigger_id: str) -> Payload:
    """Return a slash command."""
    return {
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


def shortcut(member: Member, *, trigger_id: str) -> Payload:
    """Return a global shortcut."""
    own = {"action_ts": "1795425322.371594", "callback_id": "notebooks"}
    return {**_interaction("shortcut", member, trigger_id), **own}


def press(member: Member, button: Mapping[str, Any], *, trigger_id: str, response_url: str, page: SlackPage) -> Payload:
    """Return a press on `button`, in `page`: the message of `response_url`, or a modal."""
    pressed = {
        **_interaction("block_actions", member, trigger_id),
        "state": {"values": {}},
        "actions": [{"type": "button", **button, "action_ts": "1795425322.840180"}],
    }
    if page.view is not None:
        return {**pressed, "container": {"type": "view", "view_id": page.view["id"]}, "view": page.view}
    channel, timestamp = page.message or (CHANNEL["id"], "1795425320.000200")
    container = {"type": "message", "message_ts": timestamp, "channel_id": channel}
    return {
        **pressed,
        "container": {**container, "is_ephemeral": page.message is None},
        "channel": {**CHANNEL, "id": channel},
        "response_url": response_url,
    }


def submission(member: Member, view: Mapping[str, Any], inputs: Mapping[str, str]) -> Payload:
    """Return a submitted window. `inputs`: the entered or chosen value of each input, by action id."""
    values = {}
    for number, block in enumerate(each for each in view["blocks"] if each["type"] == "input"):
        element = block["element"]
        value = inputs[element["action_id"]]
        entered = {"selected_option": {"value": value}} if element["type"] == "static_select" else {"value": value}
        values[f"b{number}"] = {element["action_id"]: {"type": element["type"], **entered}}
    own = {"view": {**view, "state": {"values": values}}, "response_urls": []}
    return {**_interaction("view_submission", member, ""), **own}


def _interaction(kind: str, member: Member, trigger_id: str) -> Payload:
    return {
        "type": kind,
        "user": {"id": member.id, "username": member.name, "name": member.name, "team_id": member.team},
        "team": {"id": member.team, "domain": "local"},
        "enterprise": None,
        "is_enterprise_install": False,
        "api_app_id": APP,
        "token": TOKEN,
        "trigger_id": trigger_id,
    }
