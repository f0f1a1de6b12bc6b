"""The one port of this machine: requests come in, and go to whom their host name stands for."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from aiohttp import web

from local.front_door import MOST_HEADERS

MOST_LINE = 64 * 1024

Serve = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Listener:
    """Serves HTTP on sockets that listen already, in a thread of its own."""

    def __init__(self, sockets: Sequence[socket.socket], serve: Serve) -> None:
        """`serve`: answers every request."""
        self._serve = serve
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="listener")
        self._thread.start()
        self._do(self._start(sockets))

    def close(self) -> None:
        """Stop serving; what is still open is cut."""
        self._do(self._runner.cleanup())
        self._do(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _start(self, sockets: Sequence[socket.socket]) -> None:
        server = web.Server(self._serve, access_log=None, max_field_size=MOST_HEADERS * 2, max_line_size=MOST_LINE)
        self._runner = web.ServerRunner(server, shutdown_timeout=1)
        await self._runner.setup()
        for each in sockets:
            await web.SockSite(self._runner, each).start()
