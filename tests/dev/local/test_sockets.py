"""Ports are free on every address that needs them, and nobody else gets a port that is reserved."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from local import sockets
from local.sockets import INSIDE, OUTSIDE, PortError, listen, listening_sockets, reserved_port
from local.streams import EventLoopThread, StreamServer


def _listen(opened: ExitStack) -> Sequence[int]:
    return [opened.enter_context(each).getsockname()[1] for each in listen(INSIDE, OUTSIDE)]


def _reserve(opened: ExitStack) -> Sequence[int]:
    return [opened.enter_context(reserved_port(INSIDE, OUTSIDE))]


def _serve(opened: ExitStack) -> Sequence[int]:
    return [each.getsockname()[1] for each in listening_sockets(0, opened)]


@pytest.mark.parametrize("take", [_listen, _reserve, _serve])
@pytest.mark.parametrize("holder", [listen, lambda *address: [reserved_port(*address)]], ids=["listening", "reserved"])
def test_a_number_that_is_taken_on_another_address_is_not_used(
    take: Callable[[ExitStack], Sequence[int]], holder: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, offered = socket.socket.bind, []

    class Offering(socket.socket):
        """A socket whose first free port is the one that is taken on the other address."""

        def bind(self, address: Any) -> None:
            if address == (INSIDE, 0) and not offered:
                offered.append(taken)
                address = (INSIDE, taken)
            real(self, address)

    with ExitStack() as opened:
        (held,) = holder(OUTSIDE)
        held = opened.enter_context(held)
        taken = held if isinstance(held, int) else held.getsockname()[1]
        monkeypatch.setattr(sockets.socket, "socket", Offering)
        found = take(opened)
    assert offered
    assert taken not in found
    assert len(set(found)) == 1


def test_a_reserved_port_refuses_connections_until_its_server_listens() -> None:
    with reserved_port() as port:
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((INSIDE, port))
            with socket.create_server((INSIDE, port)), socket.create_connection((INSIDE, port)):
                pass


@pytest.mark.parametrize("address", [INSIDE, OUTSIDE])
def test_a_named_port_that_is_in_use_is_an_error_that_names_another(address: str) -> None:
    with listen(address)[0] as taken, ExitStack() as opened:
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=rf"port {port} can't be used .*PORT={port + 1}"):
            listening_sockets(port, opened)


def test_a_server_that_stopped_listening_keeps_its_port() -> None:
    loop = EventLoopThread("test")
    server = StreamServer(loop, lambda _reader, _writer: asyncio.sleep(0))
    for _ in range(2):
        server.listen()
        server.hang_up()
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((INSIDE, server.port))
    server.close()
    loop.close()
