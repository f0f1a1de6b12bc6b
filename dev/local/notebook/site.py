"""A notebook's own address: the presigned URL, its session, and a policy check of every request and frame.

Source: API reference of CreatePresignedNotebookInstanceUrl and CreatePresignedDomainUrl. "IAM authorization policies
for this API are also enforced for every HTTP request and WebSocket frame that attempts to connect to" it.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from aiohttp import web

from local.aws.authority import Authority
from local.aws.calls import ApiError
from local.aws.presigned import PresignedUrl, PresignedUrls
from local.aws.source import Source
from local.notebook.jupyter import JupyterError, JupyterServers
from local.notebook.pages import access_denied_page, application_page, not_running_page
from local.notebook.proxy import forward, relay

COOKIE = "notebook-session"


class Notebooks(Protocol):
    """The notebooks of one kind, by the names of their sites."""

    open_action: str
    """The IAM action that is enforced for every request."""

    def arn(self, name: str) -> str:
        """Return the ARN on which it is enforced."""

    def is_running(self, name: str) -> bool:
        """Return whether the notebook runs. Raises `ApiError` if there is none."""

    def landing_of(self, url: PresignedUrl, query: Mapping[str, str]) -> str:
        """Return the path to which a presigned URL with `query` leads."""


@dataclass(frozen=True)
class _Session:
    url: PresignedUrl
    expires_at: float


class NotebookSite:
    """Serves every notebook, each at its own host name."""

    def __init__(
        self,
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
        self._urls = urls
        self._jupyter_servers = jupyter_servers
        self._authority = authority
        self._clock = clock
        self._sign_in_url = sign_in_url
        self._vpc_endpoints = vpc_endpoints
        self._sessions: dict[str, _Session] = {}

    async def serve(self, notebooks: Notebooks, notebook: str, incoming: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to the site of `notebook`, one of `notebooks`."""
        token = incoming.query.get("authToken")
        if token is not None:
            return await self._start_session(incoming, notebooks, notebook, token)
        session = self._sessions.get(incoming.cookies.get(COOKIE, ""))
        if session is None or session.url.notebook != notebook or session.expires_at <= self._clock():
            return self._redirect_to_sign_in(incoming)
        if not await self._is_permitted(incoming, notebooks, session.url):
            return access_denied_page()
        try:
            if not await asyncio.to_thread(notebooks.is_running, notebook):
                return not_running_page(503)
        except ApiError:
            return not_running_page(404)
        landing = session.url.landing
        if landing and not landing.startswith("app:JupyterLab:"):
            return application_page(landing, notebook)
        try:
            socket = await asyncio.to_thread(self._jupyter_servers.socket_of, notebook)
            if incoming.headers.get("Upgrade", "").lower() == "websocket":
                return await relay(incoming, socket, lambda: self._may_pass(incoming, notebooks, session))
            return await forward(incoming, socket)
        except aiohttp.WSServerHandshakeError as error:
            return web.Response(status=error.status)
        except (aiohttp.ClientError, JupyterError):
            return not_running_page(503)

    async def _start_session(
        self, incoming: web.BaseRequest, notebooks: Notebooks, notebook: str, token: str
    ) -> web.StreamResponse:
        url = self._urls.usable(token, notebook)
        if url is None:
            return self._redirect_to_sign_in(incoming)
        if not await self._is_permitted(incoming, notebooks, url):
            return access_denied_page()
        key = secrets.token_urlsafe(32)
        self._sessions[key] = _Session(url, self._clock() + url.session_seconds)
        # Redirected to an address without the token, which would else be in the history and in Referer headers.
        location = notebooks.landing_of(url, incoming.query)
        response = web.Response(status=302, headers={"Location": location})
        response.set_cookie(COOKIE, key, max_age=url.session_seconds, httponly=True, samesite="Lax", path="/")
        return response

    async def _may_pass(self, incoming: web.BaseRequest, notebooks: Notebooks, session: _Session) -> bool:
        return session.expires_at > self._clock() and await self._is_permitted(incoming, notebooks, session.url)

    async def _is_permitted(self, incoming: web.BaseRequest, notebooks: Notebooks, url: PresignedUrl) -> bool:
        address = incoming.remote or ""
        source = Source(address, self._vpc_endpoints.get(address, ""))
        arn = notebooks.arn(url.notebook)
        return await asyncio.to_thread(self._authority.allows, url.creator, notebooks.open_action, arn, source)

    def _redirect_to_sign_in(self, incoming: web.BaseRequest) -> web.StreamResponse:
        if incoming.method == "GET" and "Upgrade" not in incoming.headers:
            return web.Response(status=302, headers={"Location": self._sign_in_url})
        return access_denied_page()
