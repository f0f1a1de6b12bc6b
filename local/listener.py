"""The one port of this machine: requests come in, and go to whom their host name stands for."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from local.front_door import MOST_HEADERS
from local.streams import Connections, EventLoopThread, stop_listening

MOST_LINE = 64 * 1024

GRACE = 1.0
"""Seconds that answers under way may still take when the listener closes."""

Serve = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Listener:
    """Serves HTTP on sockets that listen already, in a thread of its own."""

    def __init__(self, sockets: Sequence[socket.socket], serve: Serve) -> None:
        """`serve`: answers every request."""
        self._loop = EventLoopThread("listener")
        self._loop.run(self._start(sockets, serve))

    def close(self) -> None:
        """Stop serving; what is still open after `GRACE` seconds is cut."""
        self._loop.run(self._end())
        self._loop.close()

    async def _start(self, sockets: Sequence[socket.socket], serve: Serve) -> None:
        self._http = _HttpServer(serve)
        loop = asyncio.get_running_loop()
        self._servers = [await loop.create_server(self._http, sock=each) for each in sockets]

    async def _end(self) -> None:
        for server in self._servers:
            await stop_listening(server)
        await self._http.shutdown(GRACE)
        await self._http.open.abort()


class _HttpServer(web.Server):
    def __init__(self, serve: Serve) -> None:
        super().__init__(serve, access_log=None, max_field_size=MOST_HEADERS * 2, max_line_size=MOST_LINE)
        self.open = Connections()
        self._transports: dict[RequestHandler, asyncio.Transport] = {}

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._transports[handler] = transport
        self.open.opened(transport)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self.open.closed(self._transports.pop(handler))
