"""Ports of loopback addresses: to listen on, or to reserve for a process that listens later."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

INSIDE, OUTSIDE = "127.0.0.1", "127.0.0.2"
"""Inside and outside the networks of the sample settings. Other machines reach neither."""


class PortError(Exception):
    """The port can't be used; the text names another to try."""


def listening_sockets(port: int, started: ExitStack) -> list[socket.socket]:
    """Listen on `port` (0: any free port) of `INSIDE` and, if the machine has it, `OUTSIDE`. Raises `PortError`.

    `started` closes the sockets.
    """
    # macOS has no 127.0.0.2 by default; requests from outside are then not possible.
    addresses = [INSIDE, OUTSIDE] if has_address(OUTSIDE) else [INSIDE]
    try:
        sockets = listen(*addresses, port=port)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise PortError(f"port {port} can't be used ({reason}). Try another: make run PORT={port + 1}") from None
    for each in sockets:
        started.callback(each.close)
    return sockets


def has_address(address: str) -> bool:
    """Return whether this machine has `address`."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def listen(*addresses: str, port: int = 0) -> list[socket.socket]:
    """Listen on the same `port` of all `addresses`; 0: one that is free on all of them. Raises `OSError`."""
    return _bind(addresses, port, listening=True)


@contextmanager
def reserved_port(*addresses: str) -> Iterator[int]:
    """Yield a port that is free on all `addresses` (default: `INSIDE`) and is given to nobody else during the block.

    A server may listen on it meanwhile, if it sets `SO_REUSEADDR` (Linux) or `SO_REUSEPORT` (macOS).
    """
    sockets = _bind(addresses or (INSIDE,), 0, listening=False)
    try:
        # Set after `bind`, which otherwise accepts a port that another process reserves.
        for each in sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        yield sockets[0].getsockname()[1]
    finally:
        for each in sockets:
            each.close()


def _bind(addresses: tuple[str, ...], port: int, *, listening: bool) -> list[socket.socket]:
    while True:
        with ExitStack() as opened:
            sockets = [opened.enter_context(socket.socket()) for _ in addresses]
            number = port
            try:
                for address, each in zip(addresses, sockets, strict=True):
                    # A port that the caller names may have closed connections, which end within a minute.
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, port != 0)
                    each.bind((address, number))
                    if listening:
                        each.listen()
                    number = each.getsockname()[1]
            except OSError as error:
                # The first address got a number that is taken on another one.
                if port == 0 and error.errno == errno.EADDRINUSE:
                    continue
                raise
            opened.pop_all()
            return sockets
