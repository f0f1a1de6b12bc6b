"""Ports that are used together are free, and nobody else gets a port that is reserved."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from local import sockets
from local.sockets import LOOPBACK, PortError, listen, listening_sockets, reserved_port
from local.streams import EventLoopThread, StreamServer


def _listen(opened: ExitStack) -> Sequence[int]:
    return [opened.enter_context(each).getsockname()[1] for each in listen(count=2)]


def _reserve(opened: ExitStack) -> Sequence[int]:
    first = opened.enter_context(reserved_port(count=2))
    return [first, first + 1]


def _serve(opened: ExitStack) -> Sequence[int]:
    return [each.getsockname()[1] for each in listening_sockets(0, 2, opened)]


@pytest.mark.parametrize("take", [_listen, _reserve, _serve])
@pytest.mark.parametrize("taken", ["listening", "reserved", "beyond the last"])
def test_ports_are_consecutive_and_none_of_them_is_taken(
    take: Callable[[ExitStack], Sequence[int]], taken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, offered = socket.socket.bind, []

    class Offering(socket.socket):
        """A socket whose first free port is the one before `after`."""

        def bind(self, address: Any) -> None:
            if address == (LOOPBACK, 0) and not offered:
                offered.append(after - 1)
                address = (LOOPBACK, after - 1)
            real(self, address)

    with ExitStack() as opened:
        if taken == "listening":
            after = opened.enter_context(listen()[0]).getsockname()[1]
        else:
            after = opened.enter_context(reserved_port()) if taken == "reserved" else 65_536
        monkeypatch.setattr(sockets.socket, "socket", Offering)
        first, second = take(opened)
    assert offered
    assert second == first + 1
    assert after not in (first, second)


def test_a_reserved_port_refuses_connections_until_its_server_listens() -> None:
    with reserved_port() as port:
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((LOOPBACK, port))
            with socket.create_server((LOOPBACK, port)), socket.create_connection((LOOPBACK, port)):
                pass


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_port_that_is_in_use_is_an_error_that_names_others(number: int) -> None:
    with listen()[0] as taken, ExitStack() as opened:
        port = taken.getsockname()[1] - number
        message = rf"one of the ports {port} to {port + 2} can't be used \(address already in use\).*PORT={port + 3}"
        with pytest.raises(PortError, match=message):
            listening_sockets(port, 3, opened)


def test_a_server_that_stopped_listening_keeps_its_port() -> None:
    loop = EventLoopThread("test")
    server = StreamServer(loop, lambda _reader, _writer: asyncio.sleep(0))
    for _ in range(2):
        server.listen()
        server.hang_up()
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((LOOPBACK, server.port))
    server.close()
    loop.close()
