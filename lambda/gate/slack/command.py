"""What somebody in Slack asks for: a slash command, a global shortcut, or a press on one of our buttons.

Sources: docs.slack.dev, "Implementing slash commands", "Shortcut interaction payload", "block_actions payload".
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs

from gate.errors.slack import InvalidSlackRequestError
from gate.web.request import Request

Act = Literal["list", "start", "stop"]

_ID = re.compile(r"[A-Z0-9]{2,32}", re.ASCII)

_ACTS: dict[str, Act] = {"open": "list", "refresh": "list", "start": "start", "stop": "stop"}
"""What a press on each button asks for. Open is a link, which Slack follows by itself; the list gets fresh ones."""


@dataclass(frozen=True)
class SlackCommand:
    """One wish of one Slack user."""

    id: str
    """API Gateway's request id: the reference that people see and that finds the log line."""
    address: str
    """Slack's server's."""
    team: str
    user: str
    act: Act = "list"
    notebook: str = ""
    """What to act on, or to show alone; as it was typed, and not checked yet."""
    alone: bool = False
    """Whether the answer shows that notebook alone."""
    replaces: bool = False
    """Whether the answer takes the place of the message that was pressed."""
    response_url: str = field(default="", repr=False)
    trigger_id: str = field(default="", repr=False)
    """By which a window can be opened, for three seconds."""
    view_id: str = ""
    """The window that the answer is to fill."""


def parse_command(request: Request) -> SlackCommand | None:
    """Read what `request` asks for; None for what needs no answer. Raises `InvalidSlackRequestError`."""
    try:
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), max_num_fields=100).items()}
        if "payload" not in form:
            return _command(form, request)
        return _interaction(json.loads(form["payload"]), request)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise InvalidSlackRequestError from None


def is_command(request: Request) -> bool:
    """Tell whether `request` is a slash command: the one thing that may be answered in words at once."""
    return b"payload=" not in request.body


def _command(form: dict[str, str], request: Request) -> SlackCommand:
    # Whoever pastes a name may paste the quotes around it, too.
    name = form.get("text", "").strip(" \t\r\n`'\"*_<>")
    return SlackCommand(
        id=request.id,
        address=request.address,
        team=_id(form["team_id"]),
        user=_id(form["user_id"]),
        notebook=name,
        alone=bool(name),
        response_url=form["response_url"],
    )


def _interaction(payload: dict[str, Any], request: Request) -> SlackCommand | None:
    match payload["type"]:
        case "shortcut":
            return _ask(payload, request, trigger_id=payload["trigger_id"])
        case "block_actions":
            return _press(payload, request)
    return None


def _press(payload: dict[str, Any], request: Request) -> SlackCommand | None:
    pressed = payload["actions"][0]
    act = _ACTS.get(pressed["action_id"])
    if act is None:
        return None
    scope, _, name = pressed["block_id"].partition(":")
    return _ask(
        payload,
        request,
        act=act,
        notebook=name,
        alone=scope == "one",
        replaces=True,
        # A press in a window has no response_url, and one in a message no view.
        response_url=payload.get("response_url") or "",
        view_id=(payload.get("view") or {}).get("id", ""),
    )


def _ask(payload: dict[str, Any], request: Request, **more: Any) -> SlackCommand:
    user = payload["user"]
    # In a channel that is shared with another company, `team` is where the app is, and the user's is their own.
    team = user.get("team_id") or payload["team"]["id"]
    return SlackCommand(id=request.id, address=request.address, team=_id(team), user=_id(user["id"]), **more)


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise InvalidSlackRequestError
    return text
