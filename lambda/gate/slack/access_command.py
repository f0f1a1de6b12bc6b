"""Parses Slack's requests that concern access requests: `/notebook ask`, decisions, withdrawals, and windows.

Sources: docs.slack.dev, "Implementing slash commands", "block_actions payload", "view_submission payload".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs

from gate.access_requests.access_request import MAX_REASON_LENGTH, SlackMessage
from gate.slack.command import Command, command_sender, interaction_sender
from gate.values.errors.slack import InvalidSlackRequestError
from gate.web.request import Request

AccessAction = Literal["form", "ask", "allow", "deny-form", "deny", "withdraw", "end"]

ASK_BUTTON, WITHDRAW_BUTTON, END_BUTTON = "ask", "access-withdraw", "access-end"
ALLOW_BUTTON, ALLOW_SELECT, DENY_BUTTON = "access-allow", "access-until", "access-deny"
"""The ids of the buttons and the menu."""

ASK_WINDOW = "ask"
"""The callback id of the window to ask for access. Its inputs have the ids `notebook`, `reason` and `seconds`."""

DENY_WINDOW = "access-deny"
"""The callback id of the window to deny a request. Its input has the id `reason`."""

_ON_REQUESTS: dict[str, AccessAction] = {
    ALLOW_BUTTON: "allow",
    ALLOW_SELECT: "allow",
    DENY_BUTTON: "deny-form",
    WITHDRAW_BUTTON: "withdraw",
    END_BUTTON: "end",
}
"""The action of each button of a request."""


@dataclass(frozen=True, kw_only=True)
class AccessCommand(Command):
    """What a Slack user does with an access request."""

    action: AccessAction
    notebook: str = ""
    """As the user typed it. It is not validated yet."""
    reason: str = ""
    """Why the user needs access, or why they deny it."""
    seconds: str = ""
    """The chosen length. Empty for the shortest one."""
    request_id: str = ""
    """The request that the user decides on or withdraws, or whose access they end."""
    message: SlackMessage | None = None
    """The message in a channel whose button was pressed."""

    @property
    def metadata(self) -> str:
        """What the window to deny the request keeps for its submission."""
        place = [self.message.channel, self.message.timestamp] if self.message else []
        return json.dumps([self.request_id, *place])


def parse_access_command(request: Request) -> AccessCommand | None:
    """Return the command in `request`, or None if it does not concern access requests.

    Raises `InvalidSlackRequestError`.
    """
    try:
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), max_num_fields=100).items()}
        if "payload" not in form:
            return _slash_command(form, request)
        payload = json.loads(form["payload"])
        if payload["type"] == "block_actions":
            return _press(payload, request)
        return _submission(payload, request) if payload["type"] == "view_submission" else None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise InvalidSlackRequestError from None


def _slash_command(form: dict[str, str], request: Request) -> AccessCommand | None:
    word, _, rest = form.get("text", "").strip().partition(" ")
    if word != "ask":
        return None
    notebook, _, reason = rest.strip().partition(" ")
    return AccessCommand(
        id=request.id,
        address=request.address,
        **command_sender(form),
        # Without a reason, the user fills in the window.
        action="ask" if reason.strip() else "form",
        notebook=notebook.strip("`'\"*_<>"),
        reason=reason,
        response_url=form["response_url"],
        trigger_id=form.get("trigger_id", ""),
    )


def _press(payload: dict[str, Any], request: Request) -> AccessCommand | None:
    pressed = payload["actions"][0]
    action, block = pressed["action_id"], pressed["block_id"]
    name = block.partition(":")[2]
    if action == ASK_BUTTON:
        # A press in a window has a view, which then shows the form.
        view_id = (payload.get("view") or {}).get("id", "")
        trigger_id = payload["trigger_id"]
        reason = str(pressed.get("value") or "")[:MAX_REASON_LENGTH]
        return _interaction(
            payload, request, action="form", notebook=name, reason=reason, trigger_id=trigger_id, view_id=view_id
        )
    if action not in _ON_REQUESTS:
        return None
    seconds = pressed["selected_option"]["value"] if action == ALLOW_SELECT else pressed.get("value", "")
    return _interaction(
        payload,
        request,
        action=_ON_REQUESTS[action],
        request_id=name,
        seconds=str(seconds),
        message=_message(payload.get("container") or {}),
        response_url=payload.get("response_url") or "",
        trigger_id=payload["trigger_id"] if action == DENY_BUTTON else "",
        view_id=(payload.get("view") or {}).get("id", ""),
    )


def _message(container: Mapping[str, Any]) -> SlackMessage | None:
    """Return the message that `container` names, or None for a message that one user sees, which cannot be changed."""
    if container.get("type") != "message" or container.get("is_ephemeral") is not False:
        return None
    channel, timestamp = container.get("channel_id"), container.get("message_ts")
    return SlackMessage(channel, timestamp) if isinstance(channel, str) and isinstance(timestamp, str) else None


def _submission(payload: dict[str, Any], request: Request) -> AccessCommand | None:
    view = payload["view"]
    if view["callback_id"] not in (ASK_WINDOW, DENY_WINDOW):
        return None
    inputs = {name: value for block in view["state"]["values"].values() for name, value in block.items()}
    if view["callback_id"] == DENY_WINDOW:
        request_id, *place = map(str, json.loads(view["private_metadata"]))
        return _interaction(
            payload,
            request,
            action="deny",
            request_id=request_id,
            reason=inputs["reason"]["value"] or "",
            message=SlackMessage(*place) if place else None,
            view_id=view["id"],
        )
    return _interaction(
        payload,
        request,
        action="ask",
        notebook=inputs["notebook"]["value"] or "",
        reason=inputs["reason"]["value"] or "",
        seconds=inputs["seconds"]["selected_option"]["value"],
        view_id=view["id"],
    )


def _interaction(payload: dict[str, Any], request: Request, **fields: Any) -> AccessCommand:
    return AccessCommand(id=request.id, address=request.address, **interaction_sender(payload), **fields)
