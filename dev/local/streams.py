"""Asyncio servers on loopback whose `close` ends every connection, task, thread and event loop.

The garbage collector would report a socket that stays open at some later time, in an unrelated test.
"""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

from local.sockets import LOOPBACK, reserved_port

T = TypeVar("T")

TIMEOUT = 60.0
"""Seconds for one step of an event loop's thread. It is generous, since the machine may be busy."""


class Connections:
    """The open connections of asyncio servers, so that closing a server can also close them.

    Protocols call `opened` in `connection_made` and `closed` in `connection_lost`.
    """

    def __init__(self) -> None:
        self._transports: set[asyncio.BaseTransport] = set()

    def opened(self, transport: asyncio.BaseTransport) -> None:
        """Add `transport`."""
        self._transports.add(transport)

    def closed(self, transport: asyncio.BaseTransport) -> None:
        """Remove `transport`."""
        self._transports.discard(transport)

    async def abort(self) -> None:
        """Close every connection without waiting for unsent data; return when all of them are closed.

        Call it after `stop_listening`.
        """
        # `connection_made` of the connection that was accepted last is called in the next round of the loop.
        await asyncio.sleep(0)
        while self._transports:
            for transport in list(self._transports):
                if isinstance(transport, asyncio.WriteTransport):
                    transport.abort()
            await asyncio.sleep(0)


async def stop_listening(server: asyncio.Server) -> None:
    """Close `server` without losing a connection that it has just accepted.

    `Server.close` alone loses it: asyncio creates its transport in the next round of the loop, finds the server
    closed, and drops the connection without closing its socket.
    """
    loop = asyncio.get_running_loop()
    for each in server.sockets:
        loop.remove_reader(each.fileno())
    await asyncio.sleep(0)
    server.close()


class EventLoopThread:
    """An asyncio event loop in its own thread."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the loop, and return its result. Raises what `work` raises, or `TimeoutError`."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=TIMEOUT)

    def close(self) -> None:
        """Cancel all remaining tasks, wait for them, and stop the loop and its threads."""
        self.run(_end_tasks())
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _end_tasks() -> None:
    # One round first, for tasks that have not begun: a task that is cancelled before it begins closes nothing.
    await asyncio.sleep(0)
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # Sockets that the tasks closed are closed in the next round.
    await asyncio.sleep(0)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class StreamServer:
    """Serves TCP connections in an event loop's thread. It can stop listening, and listen again at the same port."""

    def __init__(
        self, loop: EventLoopThread, serve: Serve, *, tls: ssl.SSLContext | None = None, host: str = LOOPBACK
    ) -> None:
        """`serve`: answers one connection. It may raise `OSError` or `EOFError`, and be cancelled."""
        self._loop = loop
        self._tls = tls
        self._host = host
        self._serve = serve
        self._connections = Connections()
        self._server: asyncio.Server | None = None
        self._reserved = contextlib.ExitStack()
        self.port = self._reserved.enter_context(reserved_port(host))
        """The port that the server listens on. It belongs to the server until `close`."""

    def listen(self) -> None:
        """Start listening."""
        self._loop.run(self._listen())

    def hang_up(self) -> None:
        """Stop listening, and close all connections."""
        self._loop.run(self._hang_up())

    def close(self) -> None:
        """Hang up, and give the port back."""
        self.hang_up()
        self._reserved.close()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, self._host, self.port, ssl=self._tls, reuse_port=True)

    async def _hang_up(self) -> None:
        if self._server is not None:
            await stop_listening(self._server)
            self._server = None
        await self._connections.abort()

    def _protocol(self) -> asyncio.Protocol:
        return _StreamProtocol(self._connections, self._answer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with (
            contextlib.closing(writer),
            contextlib.suppress(OSError, EOFError),
        ):  # the client has gone
            await self._serve(reader, writer)


class _StreamProtocol(asyncio.StreamReaderProtocol):
    def __init__(self, connections: Connections, serve: Serve) -> None:
        super().__init__(asyncio.StreamReader(), serve)
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._tracked = transport
        self._connections.opened(transport)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._connections.closed(self._tracked)


@contextlib.contextmanager
def serve_streams(serve: Serve, *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve TCP connections with `serve` while the block runs; yields the port. With `tls`, over TLS."""
    loop = EventLoopThread("streams")
    server = StreamServer(loop, serve, tls=tls)
    server.listen()
    try:
        yield server.port
    finally:
        server.close()
        loop.close()


@contextlib.asynccontextmanager
async def connected(
    host: str, port: int, *, local_addr: tuple[str, int] | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to `host`, and close the connection when the block is left; an error closes it without a flush."""
    reader, writer = await asyncio.open_connection(host, port, local_addr=local_addr)
    try:
        yield reader, writer
    except BaseException:
        writer.transport.abort()
        raise
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def relay(*directions: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Copy bytes in all `directions` until one of them ends."""
    copies = [asyncio.create_task(_copy(reader, writer)) for reader, writer in directions]
    try:
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in copies:
            each.cancel()
        await asyncio.gather(*copies, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
