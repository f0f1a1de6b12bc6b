"""A notebook instance's own address: the presigned URL, its session, and a policy check of every request and frame.

Source: API reference of CreatePresignedNotebookInstanceUrl. "IAM authorization policies for this API are also
enforced for every HTTP request and WebSocket frame that attempts to connect to the notebook instance."
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from local.aws.authority import Authority
from local.aws.calls import ApiError
from local.aws.notebook_instances import NotebookInstances, notebook_arn
from local.aws.presigned import PresignedUrl, PresignedUrls
from local.aws.source import Source
from local.notebook.jupyter import JupyterError, JupyterServers
from local.notebook.pages import access_denied_page, not_running_page
from local.notebook.proxy import forward, relay
from local.template import REGION

OPEN_ACTION = "sagemaker:CreatePresignedNotebookInstanceUrl"
COOKIE = "notebook-session"


@dataclass(frozen=True)
class _Session:
    url: PresignedUrl
    expires_at: float


class NotebookSite:
    """Serves every notebook, each at its own host name."""

    def __init__(
        self,
        instances: NotebookInstances,
        urls: PresignedUrls,
        jupyter_servers: JupyterServers,
        authority: Authority,
        *,
        clock: Callable[[], float],
        sign_in_url: str,
        vpc_endpoints: Mapping[str, str],
    ) -> None:
        """`sign_in_url`: the address of the page that stands for the AWS console's sign-in page.

        `vpc_endpoints`: VPC endpoint IDs by the address that requests through them come from.
        """
        self._instances = instances
        self._urls = urls
        self._jupyter_servers = jupyter_servers
        self._authority = authority
        self._clock = clock
        self._sign_in_url = sign_in_url
        self._vpc_endpoints = vpc_endpoints
        self._sessions: dict[str, _Session] = {}

    async def serve(self, notebook: str, incoming: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to the site of `notebook`."""
        token = incoming.query.get("authToken")
        if token is not None:
            return await self._start_session(incoming, notebook, token)
        session = self._sessions.get(incoming.cookies.get(COOKIE, ""))
        if session is None or session.url.notebook != notebook or session.expires_at <= self._clock():
            return self._redirect_to_sign_in(incoming)
        if not await self._is_permitted(incoming, session.url):
            return access_denied_page()
        try:
            if await asyncio.to_thread(self._instances.__getitem__, notebook) != "InService":
                return not_running_page(503)
        except ApiError:
            return not_running_page(404)
        try:
            socket = await asyncio.to_thread(self._jupyter_servers.socket_of, notebook)
            if incoming.headers.get("Upgrade", "").lower() == "websocket":
                return await relay(incoming, socket, lambda: self._may_pass(incoming, session))
            return await forward(incoming, socket)
        except aiohttp.WSServerHandshakeError as error:
            return web.Response(status=error.status)
        except (aiohttp.ClientError, JupyterError):
            return not_running_page(503)

    async def _start_session(self, incoming: web.BaseRequest, notebook: str, token: str) -> web.StreamResponse:
        url = self._urls.usable(token, notebook)
        if url is None:
            return self._redirect_to_sign_in(incoming)
        if not await self._is_permitted(incoming, url):
            return access_denied_page()
        key = secrets.token_urlsafe(32)
        self._sessions[key] = _Session(url, self._clock() + url.session_seconds)
        # Redirected to an address without the token, which would else be in the history and in Referer headers.
        location = "/lab" if incoming.query.get("view") == "lab" else "/tree"
        response = web.Response(status=302, headers={"Location": location})
        response.set_cookie(COOKIE, key, max_age=url.session_seconds, httponly=True, samesite="Lax", path="/")
        return response

    async def _may_pass(self, incoming: web.BaseRequest, session: _Session) -> bool:
        return session.expires_at > self._clock() and await self._is_permitted(incoming, session.url)

    async def _is_permitted(self, incoming: web.BaseRequest, url: PresignedUrl) -> bool:
        address = incoming.remote or ""
        source = Source(address, self._vpc_endpoints.get(address, ""))
        arn = notebook_arn(url.notebook, REGION)
        return await asyncio.to_thread(self._authority.allows, url.creator, OPEN_ACTION, arn, source)

    def _redirect_to_sign_in(self, incoming: web.BaseRequest) -> web.StreamResponse:
        if incoming.method == "GET" and "Upgrade" not in incoming.headers:
            return web.Response(status=302, headers={"Location": self._sign_in_url})
        return access_denied_page()
