"""Routes requests by host name: to the emulator, and to stand-ins for what it lacks."""

import re
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from local.notebook.proxy import end_to_end
from local.template import REGION
from rehearsal.account import GATE_ENVIRONMENT
from rehearsal.calls import Exchange
from rehearsal.proxy import Serve

INSIDE, OUTSIDE, JOINED = "127.0.0.1", "127.0.0.2", "127.0.0.3"
"""Addresses of people: in the networks, in none of them, and in the one that an update adds."""

FUNCTION_ADDRESS, NEXT_ADDRESS = "127.0.0.9", "127.0.0.10"
"""The egress address of the function, and the one that it moves to."""
AWS_ADDRESS = "127.0.0.11"
"""An address that AWS chooses for a function without a VPC."""
FUNCTION_ADDRESSES = (FUNCTION_ADDRESS, NEXT_ADDRESS, AWS_ADDRESS)

_SERVICES = re.compile(rf"([a-z0-9.-]+\.)?[a-z0-9-]+\.{REGION}\.amazonaws\.com|(sts|iam)\.amazonaws\.com")
_AS_GIVEN = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class HostRouter:
    """Answers each request by the host that it was sent to."""

    def __init__(self, *, emulator: str, log: list[Exchange], operators: list[Exchange]) -> None:
        """`emulator`: its URL. `log`: receives each call of the function. `operators`: receives each call of `gate`."""
        self._emulator = emulator
        self._log = log
        self._operators = operators
        self._registered: list[tuple[re.Pattern[str], Serve]] = []
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self.unknown_hosts: list[str] = []
        """Hosts that the function sent requests to and that are not simulated."""

    def register(self, host: str, serve: Serve) -> None:
        """Send requests to hosts that match the regular expression `host` to `serve` instead of the emulator."""
        self._registered.append((re.compile(host), serve))

    async def close(self) -> None:
        """Close the connections to the emulator and the stand-ins."""
        for session in self._sessions.values():
            await session.close()

    async def answer(self, incoming: web.BaseRequest, client: str) -> web.StreamResponse:
        """Answer `incoming`, which `client` (an address) sent."""
        host = incoming.host
        for pattern, serve in self._registered:
            if pattern.fullmatch(host):
                return await serve(incoming, client)
        if _SERVICES.fullmatch(host):
            return await self.forward(incoming, client, self._emulator)
        if client in FUNCTION_ADDRESSES:
            self.unknown_hosts.append(host)
        return web.Response(status=502, text=f"{host} is not simulated")

    async def forward(self, incoming: web.BaseRequest, client: str, to: str) -> web.Response:
        """Send `incoming` to the server `to` (a URL), and return its answer."""
        headers = end_to_end(incoming.headers)
        # The emulator's API Gateway takes the caller's address from this header. AWS takes it from the connection.
        headers["X-Forwarded-For"] = client
        headers["X-Forwarded-Proto"] = "https"
        body = await incoming.content.read()
        # The path is not decoded and encoded again: the result could differ from the signed path.
        url = URL(f"{to}{incoming.raw_path}", encoded=True)
        asked = self._session(client).request(
            incoming.method, url, headers=headers, data=body, allow_redirects=False, skip_auto_headers=_AS_GIVEN
        )
        async with asked as answer:
            content = await answer.read()
        if client in FUNCTION_ADDRESSES:
            self._log.append(Exchange.of(incoming, client, body, answer.status, content))
        elif f"exec-env/{GATE_ENVIRONMENT}" in incoming.headers.get("User-Agent", ""):
            self._operators.append(Exchange.of(incoming, client, body, answer.status, content))
        kept = end_to_end(answer.headers)
        kept.popall("Content-Length", None)
        return web.Response(status=answer.status, headers=kept, body=content)

    def _session(self, client: str) -> aiohttp.ClientSession:
        # The emulator's policies see the address that a connection comes from.
        if client not in self._sessions:
            connector = aiohttp.TCPConnector(local_addr=(client, 0), limit=0)
            options: Any = {"auto_decompress": False, "cookie_jar": aiohttp.DummyCookieJar()}
            self._sessions[client] = aiohttp.ClientSession(connector=connector, **options)
        return self._sessions[client]
