"""An HTTP endpoint for acting as a user of the local Slack workspace: JSON in, what the user then sees out."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from aiohttp import web

from local.slack.page import SlackPage, label_of
from local.slack.workspace import Workspace


async def serve_console(workspace: Workspace, incoming: web.BaseRequest) -> web.StreamResponse:
    """Perform the user's action, and answer with what the user sees, at `http://slack.localhost:PORT/`."""
    try:
        body = json.loads(await incoming.text() or "{}")
        action = _action(workspace, body)
    except (ValueError, KeyError, TypeError, AttributeError):
        return web.json_response({"error": "send user, and type, shortcut, press or fill"}, status=400)
    try:
        status = await asyncio.to_thread(action)
    except (KeyError, IndexError):
        return web.json_response({"error": "no message or modal with this button or input is open"}, status=409)
    page = await asyncio.to_thread(workspace.seen_by, body["user"]) if status == 200 else None
    return web.json_response({"team": workspace.team, "status": status, **_as_json(page)})


def _action(workspace: Workspace, body: dict[str, Any]) -> Callable[[], int]:
    user = str(body["user"])
    if "press" in body:
        return partial(workspace.press, user, int(body["press"]))
    if "fill" in body:
        return partial(workspace.submit, user, {str(name): str(value) for name, value in body["fill"].items()})
    if body.get("shortcut"):
        return partial(workspace.shortcut, user)
    return partial(workspace.type, user, str(body["type"]))


def _as_json(page: SlackPage | None) -> dict[str, Any]:
    if page is None:
        return {"text": None, "buttons": [], "inputs": []}
    buttons = [{"label": label_of(button), "url": button.get("url")} for button in page.buttons]
    return {"text": page.text, "modal": page.view is not None, "buttons": buttons, "inputs": page.inputs}
