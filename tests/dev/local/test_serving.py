"""The local servers stop completely, whatever their clients do at that moment."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from local.listener import Listener
from local.places import INSIDE, Places
from local.serving import serve_http
from local.streams import EventLoopThread, StreamServer, serve_streams
from tests.leaks import Present, leaks_since


async def _wait(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize("rounds", range(6))
def test_a_connection_made_while_the_server_closes_is_closed(rounds: int) -> None:
    before = Present.now()
    loop = EventLoopThread("test")
    server = StreamServer(loop, _wait)
    server.listen()

    async def close_after_a_connection() -> None:
        with socket.create_connection(("127.0.0.1", server.port)):
            for _ in range(rounds):  # of the loop, in which the connection is accepted, gets a transport and is served
                await asyncio.sleep(0)
            await server._hang_up()

    loop.run(close_after_a_connection())
    server.close()
    loop.close()
    assert leaks_since(before) == []


def _streams() -> tuple[int, Callable[[], None]]:
    serving = serve_streams(_wait)
    return serving.__enter__(), lambda: serving.__exit__(None, None, None)


def _http() -> tuple[int, Callable[[], None]]:
    server = serve_http(BaseHTTPRequestHandler)
    return int(server.url.rpartition(":")[2]), server.close


def _listener() -> tuple[int, Callable[[], None]]:
    async def serve(_request: object) -> None:  # type: ignore[return]
        await asyncio.sleep(600)

    listening = socket.create_server(("127.0.0.1", 0))
    listener = Listener({INSIDE: listening}, Places({INSIDE: 0}), {}, serve)  # type: ignore[arg-type]
    port: int = listening.getsockname()[1]

    def close() -> None:
        listener.close()
        listening.close()

    return port, close


@pytest.mark.parametrize("start", [_streams, _http, _listener])
@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["silent", "asking"])
def test_closing_does_not_wait_for_connected_clients(
    start: Callable[[], tuple[int, Callable[[], None]]], said: bytes
) -> None:
    before = Present.now()
    port, close = start()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(said)
        close()
        with contextlib.suppress(ConnectionResetError):
            while client.recv(1_000):
                pass
    assert leaks_since(before) == []
