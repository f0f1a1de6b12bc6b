"""The local workspace's door for whoever plays one of its people: JSON in, what they then see out."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from local.slack.surface import Surface
from local.slack.workspace import Workspace

HOST = "slack.localhost"


class Play:
    """Serves `http://slack.localhost:PORT/`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        """Do what the player does, and answer with what they see."""
        try:
            body = json.loads(await incoming.text() or "{}")
            act = self._act(body)
        except (ValueError, KeyError, TypeError, AttributeError):
            return web.json_response({"error": "send user, and type, shortcut or press"}, status=400)
        loop = asyncio.get_running_loop()
        try:
            status = await loop.run_in_executor(None, act)
        except (KeyError, IndexError):
            return web.json_response({"error": "there is no such button: nothing is open"}, status=409)
        seen = None
        if status == 200:
            seen = await loop.run_in_executor(None, self._workspace.seen_by, body["user"])
        return web.json_response({"team": self._workspace.team, "status": status, **_seen(seen)})

    def _act(self, body: dict[str, Any]) -> Callable[[], int]:
        workspace, user = self._workspace, str(body["user"])
        if "press" in body:
            number = int(body["press"])
            return lambda: workspace.press(user, number)
        if body.get("shortcut"):
            return lambda: workspace.shortcut(user)
        text = str(body["type"])
        return lambda: workspace.type(user, text)


def _seen(surface: Surface | None) -> dict[str, Any]:
    if surface is None:
        return {"text": None, "buttons": []}
    buttons = [{"label": button["text"]["text"], "url": button.get("url")} for button in surface.buttons]
    return {"text": surface.text, "window": surface.view is not None, "buttons": buttons}
