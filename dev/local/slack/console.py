"""An HTTP endpoint for acting as a user of the local Slack workspace: JSON in, what the user then sees out."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from local.slack.page import SlackPage, label_of
from local.slack.workspace import Workspace


class SlackConsole:
    """Serves `http://slack.localhost:PORT/`, which `make slack` uses."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        """Perform the user's action, and answer with what the user sees."""
        try:
            body = json.loads(await incoming.text() or "{}")
            action = self._action(body)
        except (ValueError, KeyError, TypeError, AttributeError):
            return web.json_response({"error": "send user, and type, shortcut, press or fill"}, status=400)
        loop = asyncio.get_running_loop()
        try:
            status = await loop.run_in_executor(None, action)
        except (KeyError, IndexError):
            return web.json_response({"error": "no message or modal with this button or input is open"}, status=409)
        page = None
        if status == 200:
            page = await loop.run_in_executor(None, self._workspace.seen_by, body["user"])
        return web.json_response({"team": self._workspace.team, "status": status, **_as_json(page)})

    def _action(self, body: dict[str, Any]) -> Callable[[], int]:
        workspace, user = self._workspace, str(body["user"])
        if "press" in body:
            number = int(body["press"])
            return lambda: workspace.press(user, number)
        if "fill" in body:
            inputs = {str(name): str(value) for name, value in body["fill"].items()}
            return lambda: workspace.submit(user, inputs)
        if body.get("shortcut"):
            return lambda: workspace.shortcut(user)
        text = str(body["type"])
        return lambda: workspace.type(user, text)


def _as_json(page: SlackPage | None) -> dict[str, Any]:
    if page is None:
        return {"text": None, "buttons": [], "inputs": []}
    buttons = [{"label": label_of(button), "url": button.get("url")} for button in page.buttons]
    return {"text": page.text, "modal": page.view is not None, "buttons": buttons, "inputs": page.inputs}
