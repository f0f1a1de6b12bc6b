"""Slack, under its own host names: the workspace of `local/slack`, whose servers are in nobody's networks."""

from typing import Any

import requests
from aiohttp import web
from werkzeug.wrappers import Request, Response

from local.sample import SlackUser
from local.serving import serve_wsgi
from local.slack.app import SlackApp
from local.slack.workspace import Workspace
from rehearsal.browser import Browser
from rehearsal.hosts import HostRouter

TEAM = "T0LOCAL"
USER = SlackUser(id="U0ALICE", name="alice", email="alice@example.com")


class Slack:
    """A workspace with one person."""

    def __init__(self, *, router: HostRouter, outside: Browser, base_url: str) -> None:
        """`outside`: sends what Slack sends. `base_url`: the deployed gate's."""
        self._router = router
        self._outside = outside
        self._base_url = base_url
        self._door = serve_wsgi(self._deliver)
        self._server_url = ""
        app = SlackApp(team=TEAM)
        self.workspace = Workspace(
            team=TEAM,
            users=[USER],
            signing_secret=app.signing_secret,
            gate_url=f"{self._door.url}/slack",
            reroute=self._under_its_own_name,
        )
        self.secret = app.secret(self.workspace.bot_token)
        """What an operator stores in Secrets Manager."""
        router.register(r"(hooks\.)?slack\.com", self._serve)

    def close(self) -> None:
        """Stop serving."""
        self.workspace.close()
        self._door.close()

    def _deliver(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Send to the deployed gate what the workspace sends to its app."""
        incoming = Request(environ)
        kept = {name: value for name, value in incoming.headers.items() if name not in ("Host", "Content-Length")}
        answer: requests.Response = self._outside.post(
            self._base_url + incoming.path, data=incoming.get_data(), headers=kept
        )
        kind = answer.headers.get("Content-Type")
        return Response(answer.content, answer.status_code, content_type=kind)(environ, start_response)

    def _under_its_own_name(self, server_url: str) -> str:
        """Return what response URLs begin with, as at Slack."""
        self._server_url = server_url
        return "https://hooks.slack.com"

    async def _serve(self, incoming: web.BaseRequest, client: str) -> web.StreamResponse:
        return await self._router.forward(incoming, client, self._server_url)
