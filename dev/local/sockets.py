"""Ports of loopback: to listen on, or to reserve for a process that listens later."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

LOOPBACK = "127.0.0.1"
"""The only loopback address that every machine has. Other machines do not reach it."""


class PortError(Exception):
    """A port can't be used; the text names another to try."""


def listening_sockets(port: int, count: int, started: ExitStack) -> list[socket.socket]:
    """Listen on `port` (0: any that is free) and the ports after it, `count` in all. Raises `PortError`.

    `started` closes the sockets.
    """
    try:
        sockets = listen(port, count)
    except OSError as error:
        reason, after = os.strerror(error.errno or 0).lower(), port + count
        raise PortError(
            f"one of the ports {port} to {after - 1} can't be used ({reason}). Try others: make run PORT={after}"
        ) from None
    for each in sockets:
        started.callback(each.close)
    return sockets


def listen(port: int = 0, count: int = 1) -> list[socket.socket]:
    """Listen on `port` and the ports after it, `count` in all; 0: on ports that are free. Raises `OSError`."""
    return _bind(LOOPBACK, port, count, listening=True)


@contextmanager
def reserved_port(host: str = LOOPBACK, count: int = 1) -> Iterator[int]:
    """Yield the first of `count` consecutive ports that are free, and are given to nobody else during the block.

    A server may listen on them meanwhile, if it sets `SO_REUSEADDR` (Linux) or `SO_REUSEPORT` (macOS).
    """
    sockets = _bind(host, 0, count, listening=False)
    try:
        # Set after `bind`, which otherwise accepts a port that another process reserves.
        for each in sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        yield sockets[0].getsockname()[1]
    finally:
        for each in sockets:
            each.close()


def _bind(host: str, port: int, count: int, *, listening: bool) -> list[socket.socket]:
    while True:
        with ExitStack() as opened:
            sockets = [opened.enter_context(socket.socket()) for _ in range(count)]
            number = port
            try:
                for each in sockets:
                    # A port that the caller names may have closed connections, which end within a minute.
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, port != 0)
                    each.bind((host, number))
                    if listening:
                        each.listen()
                    number = each.getsockname()[1] + 1
            except OSError as error:
                # The system chose a port before one that is taken.
                if port == 0 and error.errno == errno.EADDRINUSE:
                    continue
                raise
            except OverflowError:  # or the last of all ports
                if port == 0:
                    continue
                raise
            opened.pop_all()
            return sockets
