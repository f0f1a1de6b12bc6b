"""An HTTP and WebSocket client of a notebook's site."""

import asyncio
import json
import socket
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from local.deployment import LocalDeployment


class _Loopback(AbstractResolver):
    """Resolves every name to loopback, as browsers do with names below localhost."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0),
        ]

    async def close(self) -> None:
        pass


class NotebookClient:
    """Sends requests, keeps cookies and follows redirects."""

    def __init__(self) -> None:
        self.site = URL()

    async def __aenter__(self) -> "NotebookClient":
        connector = aiohttp.TCPConnector(resolver=_Loopback())
        self.http = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.CookieJar(unsafe=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()

    async def open(self, url: str) -> aiohttp.ClientResponse:
        """Open a presigned URL, and follow its redirects."""
        self.site = URL(url).origin()
        async with self.http.get(url, headers={"Accept": "text/html"}) as answer:
            await answer.read()
            return answer

    async def status_of(self, url: str) -> int:
        """Return the status of the answer to the presigned URL itself."""
        async with self.http.get(url, headers={"Accept": "text/html"}, allow_redirects=False) as answer:
            return answer.status

    async def send(self, method: str, path: str, **options: Any) -> aiohttp.ClientResponse:
        """Send a request to the site, as its own pages do."""
        headers = {"X-XSRFToken": self._cookie("_xsrf")}
        async with self.http.request(
            method, self.site.join(URL(path)), headers=headers, allow_redirects=False, **options
        ) as answer:
            await answer.read()
            return answer

    async def kernel(self) -> "Kernel":
        """Start a kernel and connect to it."""
        answer = await self.send("POST", "/api/kernels", json={})
        assert answer.status == 201, answer.status
        address = self.site.with_scheme("ws").join(URL(f"/api/kernels/{(await answer.json())['id']}/channels"))
        return Kernel(await self.http.ws_connect(address))

    def _cookie(self, name: str) -> str:
        return next((cookie.value for cookie in self.http.cookie_jar if cookie.key == name), "")


class Kernel:
    """A kernel at the other end of a WebSocket."""

    def __init__(self, channel: aiohttp.ClientWebSocketResponse) -> None:
        self.channel = channel

    async def run(self, code: str) -> str | None:
        """Return the value of `code`, or None when the connection was closed."""
        await self.send_code(code)
        content = await self.receive(code, "execute_result")
        return None if content is None else str(content["data"]["text/plain"])

    async def send_code(self, code: str) -> None:
        """Send `code` to the kernel to run."""
        header = {"msg_id": code, "username": "", "session": "s", "msg_type": "execute_request", "version": "5.3"}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": {"code": code, "silent": False}}
        await self.channel.send_str(json.dumps({**message, "channel": "shell", "buffers": []}))

    async def receive(self, code: str, kind: str) -> dict[str, Any] | None:
        """Return the content of the next message of `kind` about `code`, or None when the connection was closed."""
        while True:
            frame = await asyncio.wait_for(self.channel.receive(), 120)
            if frame.type is not aiohttp.WSMsgType.TEXT:
                return None
            answer = json.loads(frame.data)
            if answer["msg_type"] == kind and answer["parent_header"].get("msg_id") == code:
                content: dict[str, Any] = answer["content"]
                return content


def status_from(deployment: LocalDeployment, address: str, url: str) -> int:
    """Return the status of the answer to a presigned URL that is used at `address`."""

    async def request() -> int:
        async with NotebookClient() as client:
            return await client.status_of(deployment.places.seen_from(address, url))

    return asyncio.run(request())
