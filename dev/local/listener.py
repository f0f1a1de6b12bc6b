"""Serves HTTP on the ports of a local deployment, for all of its host names."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from local.front_door import MAX_HEADER_BYTES
from local.places import Places
from local.streams import Connections, EventLoopThread, stop_listening

MAX_LINE_BYTES = 64 * 1024
"""The longest request line."""

SHUTDOWN_TIMEOUT = 1.0
"""Seconds that answers in progress may still take when the listener closes."""

Serve = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Listener:
    """Serves HTTP on listening sockets, in its own thread."""

    def __init__(
        self, sockets: Mapping[str, socket.socket], places: Places, sites: Mapping[str, Serve], api: Serve
    ) -> None:
        """Start serving.

        `sockets`: by the source address that their requests have. `places`: maps the URLs in the answers to them.
        `sites`: answer requests by host name. `api`: answers those to every other name.
        """
        self._places = places
        self._sites = sites
        self._api = api
        self._loop = EventLoopThread("listener")
        self._loop.run(self._start(sockets))

    def close(self) -> None:
        """Stop serving; a connection that is still open after `SHUTDOWN_TIMEOUT` seconds is cut."""
        self._loop.run(self._end())
        self._loop.close()

    async def _start(self, sockets: Mapping[str, socket.socket]) -> None:
        self._http = [_HttpServer(partial(self._serve, address)) for address in sockets]
        loop = asyncio.get_running_loop()
        self._servers = [
            await loop.create_server(http, sock=each) for http, each in zip(self._http, sockets.values(), strict=True)
        ]

    async def _serve(self, address: str, incoming: web.BaseRequest) -> web.StreamResponse:
        host = incoming.host.partition(":")[0].lower()
        answer = await self._sites.get(host, self._api)(incoming.clone(remote=address))
        return self._places.shown(address, answer)

    async def _end(self) -> None:
        for server in self._servers:
            await stop_listening(server)
        await asyncio.gather(*(http.shutdown(SHUTDOWN_TIMEOUT) for http in self._http))
        for http in self._http:
            await http.open_connections.abort()


class _HttpServer(web.Server):
    def __init__(self, serve: Serve) -> None:
        super().__init__(serve, access_log=None, max_field_size=MAX_HEADER_BYTES * 2, max_line_size=MAX_LINE_BYTES)
        self.open_connections = Connections()
        self._transports: dict[RequestHandler, asyncio.Transport] = {}

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._transports[handler] = transport
        self.open_connections.opened(transport)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self.open_connections.closed(self._transports.pop(handler))
