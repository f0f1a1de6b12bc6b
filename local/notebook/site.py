"""A notebook instance's own address: the presigned URL, the session it gives, and leave for every request and frame.

Source: API reference of CreatePresignedNotebookInstanceUrl. "IAM authorization policies for this API are also
enforced for every HTTP request and WebSocket frame that attempts to connect to the notebook instance."
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
from aiohttp import web

from local.aws.authority import Authority
from local.aws.calls import ApiError, notebook_arn
from local.aws.instances import Instances
from local.aws.presigned import PresignedUrl, PresignedUrls
from local.aws.source import Source
from local.notebook.jupyter import JupyterError, Jupyters
from local.notebook.pages import not_running_page, refused_page
from local.notebook.proxy import forward, relay
from local.template import REGION

OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"
COOKIE = "notebook-session"
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class _Session:
    url: PresignedUrl
    ends: float


class Site:
    """Serves every notebook, each at its own host name."""

    def __init__(
        self,
        *,
        urls: PresignedUrls,
        authority: Authority,
        instances: Instances,
        jupyters: Jupyters,
        clock: Callable[[], float],
        sign_in: str,
        endpoints: Mapping[str, str],
    ) -> None:
        """`sign_in`: the address that plays the AWS console's sign-in page.

        `endpoints`: VPC endpoints, by the address of this machine that plays those who come through them.
        """
        self._urls = urls
        self._authority = authority
        self._instances = instances
        self._jupyters = jupyters
        self._clock = clock
        self._sign_in = sign_in
        self._endpoints = endpoints
        self._sessions: dict[str, _Session] = {}

    async def serve(self, incoming: web.BaseRequest, notebook: str) -> web.StreamResponse:
        """Answer a request to the site of `notebook`."""
        token = incoming.query.get("authToken")
        if token is not None:
            return await self._enter(incoming, notebook, token)
        session = self._sessions.get(incoming.cookies.get(COOKIE, ""))
        if session is None or session.url.notebook != notebook or session.ends <= self._clock():
            return self._away(incoming)
        if not await self._permitted(incoming, session.url):
            return refused_page()
        try:
            if await self._do(self._instances.state, notebook) != "InService":
                return not_running_page(503)
        except ApiError:
            return not_running_page(404)
        try:
            socket = await self._do(self._jupyters.socket_of, notebook)
            if incoming.headers.get("Upgrade", "").lower() == "websocket":
                return await relay(incoming, socket, lambda: self._frame(incoming, session))
            return await forward(incoming, socket)
        except aiohttp.WSServerHandshakeError as error:
            return web.Response(status=error.status)
        except (aiohttp.ClientError, JupyterError):
            return not_running_page(503)

    async def _enter(self, incoming: web.BaseRequest, notebook: str, token: str) -> web.StreamResponse:
        url = self._urls.usable(token, notebook)
        if url is None:
            return self._away(incoming)
        if not await self._permitted(incoming, url):
            return refused_page()
        key = secrets.token_urlsafe(32)
        self._sessions[key] = _Session(url, self._clock() + url.session_seconds)
        # On to an address without the token, so that it is in no history and no Referer.
        location = "/lab" if incoming.query.get("view") == "lab" else "/tree"
        response = web.Response(status=302, headers={"Location": location})
        response.set_cookie(COOKIE, key, max_age=url.session_seconds, httponly=True, samesite="Lax", path="/")
        return response

    async def _frame(self, incoming: web.BaseRequest, session: _Session) -> bool:
        return session.ends > self._clock() and await self._permitted(incoming, session.url)

    async def _permitted(self, incoming: web.BaseRequest, url: PresignedUrl) -> bool:
        address = incoming.remote or ""
        source = Source(address, self._endpoints.get(address, ""))
        arn = notebook_arn(url.notebook, REGION)
        return await self._do(self._authority.allows, url.creator, OPEN, arn, source)

    def _away(self, incoming: web.BaseRequest) -> web.StreamResponse:
        if incoming.method == "GET" and "Upgrade" not in incoming.headers:
            return web.Response(status=302, headers={"Location": self._sign_in})
        return refused_page()

    @staticmethod
    async def _do(work: Callable[..., _Result], *arguments: object) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)
