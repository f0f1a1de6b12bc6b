"""An HTTP proxy that ends TLS itself, so that every process of a rehearsal uses AWS's own host names."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from aiohttp import web

from local.streams import Connections, EventLoopThread, stop_listening
from rehearsal.certificates import Authority

LONGEST_HEAD = 16 * 1024
"""Bytes of a CONNECT request."""

LARGEST_HEADER = 64 * 1024

GRACE = 1.0
"""Seconds that open requests may still take when the proxy closes."""

_CONNECT = re.compile(rb"CONNECT ([a-z0-9.-]+):443 HTTP/1\.1\r\n", re.IGNORECASE)

Answer = Callable[[web.BaseRequest, str, str], Awaitable[web.StreamResponse]]
"""Answers a request, given the host that the client connected to and the client's address."""


class TlsProxy:
    """Listens on loopback, and answers each tunnel as the host that it leads to."""

    def __init__(self, authority: Authority, answer: Answer, *, addresses: Sequence[str]) -> None:
        """`addresses`: of loopback, to listen on. Clients count as coming from the address that they connect to."""
        self._authority = authority
        self._answer = answer
        self._addresses = addresses
        self._connections = Connections()
        self._port = 0
        self._loop = EventLoopThread("proxy")
        self._loop.run(self._start())

    def url(self, address: str) -> str:
        """Return the proxy's URL for clients that come from `address`."""
        return f"http://{address}:{self._port}"

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Stop listening, and close all connections. `last`: runs in the proxy's event loop at the end."""
        self._loop.run(self._end())
        self._loop.run(last())
        self._loop.close()

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        self._http = web.Server(
            self._request, access_log=None, max_field_size=LARGEST_HEADER, max_line_size=LARGEST_HEADER
        )
        self._peers: dict[asyncio.BaseTransport, tuple[str, str]] = {}
        self._servers = []
        for address in self._addresses:
            server = await loop.create_server(partial(_Tunnel, self, address), address, self._port)
            self._port = server.sockets[0].getsockname()[1]
            self._servers.append(server)

    async def _end(self) -> None:
        for server in self._servers:
            await stop_listening(server)
        await self._http.shutdown(GRACE)
        await self._connections.abort()

    async def _request(self, incoming: web.BaseRequest) -> web.StreamResponse:
        host, client = self._peers[incoming.transport] if incoming.transport else ("", "")
        return await self._answer(incoming, host, client)

    def opened(self, transport: asyncio.BaseTransport) -> None:
        """Note an open connection."""
        self._connections.opened(transport)

    def closed(self, transport: asyncio.BaseTransport) -> None:
        """Forget a connection."""
        self._connections.closed(transport)

    async def secure(self, transport: asyncio.Transport, tunnel: "_Tunnel", host: str, client: str) -> None:
        """Begin TLS on `transport` as `host`, and serve HTTP over it."""
        transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        context = self._authority.context_of(host)
        try:
            secure = await asyncio.get_running_loop().start_tls(transport, tunnel, context, server_side=True)
        except OSError:  # the client went away, or does not trust the authority
            transport.abort()
            return
        if secure is not None:
            self._peers[secure] = (host, client)
            tunnel.serve(secure, self._http())

    def forget(self, transport: asyncio.BaseTransport | None) -> None:
        """Forget whom `transport` belongs to."""
        self._peers.pop(transport, None)  # type: ignore[arg-type]


class _Tunnel(asyncio.Protocol):
    """One connection: a CONNECT request in the clear, then HTTP over TLS, handed on to aiohttp."""

    def __init__(self, proxy: TlsProxy, client: str) -> None:
        self._proxy = proxy
        self._client = client
        self._buffer = b""
        self._http: asyncio.Protocol | None = None
        self._secure: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._raw = transport
        self._proxy.opened(transport)

    def serve(self, secure: asyncio.Transport, http: asyncio.Protocol) -> None:
        """Hand all that arrived, and will arrive, over TLS to `http`."""
        self._secure, self._http = secure, http
        http.connection_made(secure)
        waiting, self._buffer = self._buffer, b""
        if waiting:
            http.data_received(waiting)

    def data_received(self, data: bytes) -> None:
        if self._http is not None:
            self._http.data_received(data)
            return
        self._buffer += data
        if self._task is not None:
            return  # decrypted already, while `serve` is on its way
        assert isinstance(self._raw, asyncio.Transport)
        if not self._buffer.endswith(b"\r\n\r\n"):
            if len(self._buffer) > LONGEST_HEAD:
                self._raw.abort()
            return
        asked = _CONNECT.match(self._buffer)
        self._buffer = b""
        if asked is None:
            self._raw.write(b"HTTP/1.1 405 Only CONNECT to port 443\r\nConnection: close\r\n\r\n")
            self._raw.close()
            return
        host = asked[1].decode("ascii").lower()
        self._task = asyncio.ensure_future(self._proxy.secure(self._raw, self, host, self._client))

    def eof_received(self) -> bool | None:
        return self._http.eof_received() if self._http else None

    def pause_writing(self) -> None:
        if self._http:
            self._http.pause_writing()

    def resume_writing(self) -> None:
        if self._http:
            self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._proxy.closed(self._raw)
        if self._http:
            self._http.connection_lost(exc)
            self._proxy.forget(self._secure)
