"""Parses Slack's requests: slash commands, global shortcuts, and presses of the gate's buttons.

Sources: docs.slack.dev, "Implementing slash commands", "Shortcut interaction payload", "block_actions payload".
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs

from gate.values.errors.slack import InvalidSlackRequestError
from gate.web.request import Request

Action = Literal["list", "start", "stop"]

_ID = re.compile(r"[A-Z0-9]{2,32}", re.ASCII)

_BUTTON_ACTIONS: dict[str, Action] = {"open": "list", "refresh": "list", "start": "start", "stop": "stop"}
"""The action of each button. Slack itself follows the link of Open; the gate then sends a list with new links."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A request from a Slack user."""

    id: str
    """API Gateway's request id: the reference that people see and that finds the log line."""
    address: str
    """The IP address of Slack's server."""
    team: str
    """The workspace in which the user acts. In an admitted command, the team of the user's principal."""
    user: str
    home: str = ""
    organisation: str = ""
    """See `SlackSender`."""
    response_url: str = field(default="", repr=False)
    trigger_id: str = field(default="", repr=False)
    """Opens a window. Slack accepts it for three seconds."""
    view_id: str = ""
    """The window that shows the answer."""


@dataclass(frozen=True, kw_only=True)
class SlackCommand(Command):
    """A Slack user's request to list, start or stop notebooks.

    The function sends the fields as JSON to another invocation of itself, which answers.
    """

    action: Action = "list"
    notebook: str = ""
    """The notebook of the action or of the list, as the user typed it. It is not validated yet."""
    single_notebook: bool = False
    """Whether the answer shows only `notebook`."""
    replace_original: bool = False
    """Whether the answer replaces the message whose button was pressed."""


def parse_command(request: Request) -> SlackCommand | None:
    """Return the command in `request`, or None if it needs no answer. Raises `InvalidSlackRequestError`."""
    try:
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), max_num_fields=100).items()}
        if "payload" not in form:
            return _slash_command(form, request)
        return _interaction(json.loads(form["payload"]), request)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise InvalidSlackRequestError from None


def is_slash_command(request: Request) -> bool:
    """Return whether `request` is a slash command. Only a slash command can be answered with text immediately."""
    return b"payload=" not in request.body


def _slash_command(form: dict[str, str], request: Request) -> SlackCommand:
    # Users may paste a name together with the quotes around it.
    name = form.get("text", "").strip(" \t\r\n`'\"*_<>")
    return SlackCommand(
        id=request.id,
        address=request.address,
        **command_sender(form),
        notebook=name,
        single_notebook=bool(name),
        response_url=form["response_url"],
    )


def _interaction(payload: dict[str, Any], request: Request) -> SlackCommand | None:
    match payload["type"]:
        case "shortcut":
            return _interaction_command(payload, request, trigger_id=payload["trigger_id"])
        case "block_actions":
            return _button_press(payload, request)
    return None


def _button_press(payload: dict[str, Any], request: Request) -> SlackCommand | None:
    button = payload["actions"][0]
    action = _BUTTON_ACTIONS.get(button["action_id"])
    if action is None:
        return None
    scope, _, name = button["block_id"].partition(":")
    return _interaction_command(
        payload,
        request,
        action=action,
        notebook=name,
        single_notebook=scope == "one",
        replace_original=True,
        # A press in a window has no response_url, and a press in a message has no view.
        response_url=payload.get("response_url") or "",
        view_id=(payload.get("view") or {}).get("id", ""),
    )


def _interaction_command(payload: dict[str, Any], request: Request, **fields: Any) -> SlackCommand:
    return SlackCommand(id=request.id, address=request.address, **interaction_sender(payload), **fields)


def command_sender(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields `user`, `team` and `organisation` of a slash command. Raises `InvalidSlackRequestError`."""
    return {
        "user": _slack_id(form["user_id"]),
        "team": _slack_id(form["team_id"]),
        "organisation": _optional_id(form.get("enterprise_id")),
    }


def interaction_sender(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields `user`, `team`, `home` and `organisation` of an interaction.

    Raises `InvalidSlackRequestError`.
    """
    # In an app that is installed in an organisation, `team` can be null.
    user, team, enterprise = payload["user"], payload["team"] or {}, payload.get("enterprise") or {}
    home = _optional_id(user.get("team_id"))
    if not team and not home:
        raise InvalidSlackRequestError
    return {
        "user": _slack_id(user["id"]),
        "team": _optional_id(team["id"]) if team else "",
        "home": home,
        "organisation": _optional_id(enterprise.get("id") or team.get("enterprise_id")),
    }


def _optional_id(text: Any) -> str:
    return _slack_id(text) if text else ""


def _slack_id(text: str) -> str:
    """Return the id `text` of a workspace, organisation or user. Raises `InvalidSlackRequestError` if it is not one."""
    if not _ID.fullmatch(text):
        raise InvalidSlackRequestError
    return text
