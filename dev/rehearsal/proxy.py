"""An HTTP proxy that ends TLS itself, so that every process of a rehearsal uses AWS's own host names."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import cache, partial
from typing import Any

import trustme
from aiohttp import web

from local.streams import EventLoopThread, StreamServer, connected, relay, stop_listening

LARGEST_HEADER = 64 * 1024

GRACE = 1.0
"""Seconds that open requests may still take when the proxy closes."""

_CONNECT = re.compile(rb"CONNECT [a-z0-9.-]+:443 HTTP/1\.[01]\r\n", re.IGNORECASE)

Serve = Callable[[web.BaseRequest, str], Awaitable[web.StreamResponse]]
"""Answers a request of a client with the given address."""


class TlsProxy:
    """Listens on loopback, and answers each tunnel as the host that it leads to.

    Every tunnel leads to one TLS server, which shows a certificate of the host name that the client asks for (SNI).
    """

    def __init__(self, authority: trustme.CA, answer: Serve, *, addresses: Sequence[str]) -> None:
        """`addresses`: of loopback, to listen on. Clients count as coming from the address that they connect to."""
        self._authority = authority
        self._answer = answer
        self._context_of = cache(self._new_context)
        self._loop = EventLoopThread("proxy")
        self._loop.run(self._start())
        self._tunnels = {each: StreamServer(self._loop, partial(self._tunnel, each), host=each) for each in addresses}
        for tunnel in self._tunnels.values():
            tunnel.listen()

    def url(self, address: str) -> str:
        """Return the proxy's URL for clients that come from `address`."""
        return f"http://{address}:{self._tunnels[address].port}"

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Stop listening, and close all connections. `last`: runs in the proxy's event loop at the end."""
        for tunnel in self._tunnels.values():
            tunnel.close()
        self._loop.run(self._end())
        self._loop.run(last())
        self._loop.close()

    async def _start(self) -> None:
        self._http = web.Server(
            self._request, access_log=None, max_field_size=LARGEST_HEADER, max_line_size=LARGEST_HEADER
        )
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.sni_callback = self._show_certificate
        self._server = await asyncio.get_running_loop().create_server(self._http, "127.0.0.1", 0, ssl=tls)

    async def _end(self) -> None:
        await stop_listening(self._server)
        await self._http.shutdown(GRACE)

    async def _tunnel(self, client: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not _CONNECT.match(await reader.readuntil(b"\r\n\r\n")):
            writer.write(b"HTTP/1.1 405 Only CONNECT to port 443\r\nConnection: close\r\n\r\n")
            return
        port = self._server.sockets[0].getsockname()[1]
        async with connected("127.0.0.1", port, local_addr=(client, 0)) as (tls_reader, tls_writer):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await relay((reader, tls_writer), (tls_reader, writer))

    def _show_certificate(self, connection: ssl.SSLObject, host: str | None, _context: ssl.SSLContext) -> None:
        if host is not None:
            connection.context = self._context_of(host)

    def _new_context(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host).configure_cert(context)
        return context

    async def _request(self, incoming: web.BaseRequest) -> web.StreamResponse:
        return await self._answer(incoming, incoming.remote or "")
