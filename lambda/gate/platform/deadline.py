"""The deadline of the current request. It bounds every call to another service.

With a deadline, the gate can report a slow service before API Gateway gives up on the gate, after 29 seconds. A
response that arrives byte by byte never exceeds a socket's timeout, so the sockets are shut down at the deadline.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from weakref import WeakSet

RESPONSE_LIMIT = 9.0
"""Seconds for all calls of one request, so that people get a response within ten."""

ACKNOWLEDGEMENT_LIMIT = 2.5
"""Seconds for all calls of one request from Slack, which waits for three."""

BACKGROUND_LIMIT = 24.0
"""Seconds for work that nobody waits for: the answers in Slack."""

RESERVE = 1.0
"""Seconds of Lambda's own time limit that are reserved for writing the response."""


class Deadline:
    """A point in time, and the sockets that are shut down then."""

    def __init__(self, seconds: float):
        """`seconds`: from now."""
        self._end = time.monotonic() + seconds
        self._sockets: WeakSet[socket.socket] = WeakSet()

    @property
    def remaining(self) -> float:
        """Seconds until the deadline. Zero or negative after it."""
        return self._end - time.monotonic()

    def watch(self, connection: socket.socket) -> None:
        """Shut `connection` down at the deadline, or now if the deadline has passed."""
        self._sockets.add(connection)
        if self.remaining <= 0:
            self.shut_down_sockets()

    def shut_down_sockets(self) -> None:
        """Shut down all watched sockets that are open."""
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                # Not `SSLSocket.shutdown`, which also drops the TLS state that the thread of the request is using.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextlib.contextmanager
def request_deadline(remaining_ms: float, *, limit: float = RESPONSE_LIMIT) -> Iterator[None]:
    """Set the deadline of the block to `limit` seconds, or to the end of the time that Lambda has left, if earlier.

    `remaining_ms`: milliseconds, from Lambda's context.
    """
    with _deadline(min(limit, remaining_ms / 1000 - RESERVE)):
        yield


@contextlib.contextmanager
def shortened_deadline() -> Iterator[None]:
    """Set an earlier deadline for the block. The last quarter of the remaining time is left for reporting a timeout."""
    with _deadline(remaining(BACKGROUND_LIMIT) * 0.75):
        yield


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Set an earlier deadline for the block: `seconds` from now, or the present deadline if that is earlier."""
    with _deadline(remaining(seconds)):
        yield


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    deadline = Deadline(seconds)
    timer = threading.Timer(max(0.0, deadline.remaining), deadline.shut_down_sockets)
    timer.daemon = True
    timer.start()
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)
        timer.cancel()


def remaining(limit: float) -> float:
    """Return the seconds that a call may take: `limit`, or the time until the deadline if that is shorter.

    If the result is zero or negative, the call must not be made.
    """
    deadline = _current.get()
    return limit if deadline is None else min(limit, deadline.remaining)


def watch(connection: socket.socket) -> None:
    """Shut `connection` down at the deadline of the current request, if there is one."""
    deadline = _current.get()
    if deadline is not None:
        deadline.watch(connection)
