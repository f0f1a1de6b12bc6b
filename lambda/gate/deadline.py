"""How long the request at hand may still take. Every call that leaves the function is bounded by it.

A slow neighbour is then given up in time to say so, instead of API Gateway's giving us up after 29 seconds. What
trickles in byte by byte never runs into a socket's own time-out, so when the time is over, sockets are shut.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from weakref import WeakSet

RESPONSE_LIMIT = 9.0
"""Seconds for all calls of one request together: people have an answer within ten."""

ACKNOWLEDGEMENT_LIMIT = 2.5
"""Seconds for all calls of one request of Slack's, which waits for three."""

BACKGROUND_LIMIT = 24.0
"""Seconds for what nobody waits for: the answers in Slack."""

RESERVE = 1.0
"""Seconds that are kept of what Lambda leaves us, to write the answer."""


class Deadline:
    """The end of one request's time."""

    def __init__(self, seconds: float):
        """`seconds`: from now."""
        self._end = time.monotonic() + seconds
        self._sockets: WeakSet[socket.socket] = WeakSet()

    @property
    def left(self) -> float:
        """Seconds that are left; none or less than none when it is over."""
        return self._end - time.monotonic()

    def watch(self, connection: socket.socket) -> None:
        """Shut `connection` when the time is over."""
        self._sockets.add(connection)
        if self.left <= 0:
            self.cut()  # it was over before

    def cut(self) -> None:
        """Shut what is still open."""
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                # The plain socket's own: TLS would say goodbye first, to somebody who does not listen.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextlib.contextmanager
def request_deadline(remaining_ms: float, *, most: float = RESPONSE_LIMIT) -> Iterator[None]:
    """Bound the block by what Lambda leaves (milliseconds), and by `most` seconds."""
    with _ending(min(most, remaining_ms / 1000 - RESERVE)):
        yield


@contextlib.contextmanager
def shortened_deadline() -> Iterator[None]:
    """Bound the block so that a quarter of what is left remains after it: to tell that it took too long."""
    with _ending(left(BACKGROUND_LIMIT) * 0.75):
        yield


@contextlib.contextmanager
def _ending(seconds: float) -> Iterator[None]:
    deadline = Deadline(seconds)
    timer = threading.Timer(max(0.0, deadline.left), deadline.cut)
    timer.daemon = True
    timer.start()
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)
        timer.cancel()


def left(most: float) -> float:
    """Return the seconds that a call may take: `most`, or what is left. None or less: it must not be made."""
    deadline = _current.get()
    return most if deadline is None else min(most, deadline.left)


def watch(connection: socket.socket) -> None:
    """Have `connection` shut when the time of the request at hand is over."""
    deadline = _current.get()
    if deadline is not None:
        deadline.watch(connection)
