"""Slack, under its own host names: the workspace of `local/slack`, whose servers are in nobody's networks."""

from collections.abc import Mapping

from aiohttp import web

from local.sample import SlackUser
from local.slack.app import SlackApp
from local.slack.workspace import Workspace
from rehearsal.browsers import ProxiedBrowser
from rehearsal.hosts import HostRouter

TEAM = "T0LOCAL"
USER = SlackUser(id="U0ALICE", name="alice", email="alice@example.com")


class RehearsedSlack:
    """A workspace with one person."""

    def __init__(self, *, router: HostRouter, outside: ProxiedBrowser, base_url: str) -> None:
        """`outside`: sends what Slack sends. `base_url`: the deployed gate's."""
        self._router = router
        self._server_url = ""

        def deliver(body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
            answer = outside.post(f"{base_url}/slack", data=body, headers=dict(headers))
            return answer.status_code, answer.content

        app = SlackApp(team=TEAM)
        self.workspace = Workspace(
            team=TEAM,
            users=[USER],
            signing_secret=app.signing_secret,
            deliver=deliver,
            reroute=self._under_its_own_name,
        )
        self.secret = app.secret(self.workspace.bot_token)
        """What an operator stores in Secrets Manager."""
        router.register(r"(hooks\.)?slack\.com", self._serve)

    def close(self) -> None:
        """Stop serving."""
        self.workspace.close()

    def _under_its_own_name(self, server_url: str) -> str:
        """Return what response URLs begin with, as at Slack."""
        self._server_url = server_url
        return "https://hooks.slack.com"

    async def _serve(self, incoming: web.BaseRequest, client: str) -> web.StreamResponse:
        return await self._router.forward(incoming, client, self._server_url)
