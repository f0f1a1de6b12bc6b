"""Connections to neighbours: bounded by the time that the request at hand has left, kept, and never kept too long."""

import socket
import time
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from botocore.utils import get_environ_proxies
from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError

from gate import deadline
from gate.tls import tls_context

CONNECT_TIMEOUT, READ_TIMEOUT = 2.0, 5.0
"""Seconds: a neighbour that takes longer for either is down."""

MAX_IDLE = 4.0
"""Seconds for which a connection may lie idle and be used again. Node.js and Apache close theirs after five."""


class DeadConnectionError(ProtocolError):
    """A kept connection had died unseen, and the request can be sent again: it was not taken, or repeating is safe."""


class TrackedConnection:
    """A connection that knows when it was last in use, and is shut when the time of its request is over."""

    sock: Any
    answered_at: float | None = None
    """When the last answer came over this connection, in epoch seconds; None before the first.

    The wall clock: while Lambda has frozen the function, the monotonic clock may stand still.
    """
    sent = False
    """Whether the head of the request at hand has left."""

    def _new_conn(self) -> socket.socket:
        self.answered_at = None
        made: socket.socket = super()._new_conn()  # type: ignore[misc]
        deadline.watch(made)  # for a proxy's answer to CONNECT
        return made

    def request(self, *arguments: Any, **options: Any) -> None:
        """Send a request."""
        self.sent = False
        super().request(*arguments, **options)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        """Send a part of the request; the head is the first."""
        super().send(data)  # type: ignore[misc]
        self.sent = True

    def getresponse(self, *arguments: Any, **options: Any) -> Any:
        """Wait for the head of the answer, no longer than the request's time."""
        # TLS inside TLS, to an https:// proxy, is no socket but has one.
        deadline.watch(getattr(self.sock, "socket", self.sock))
        answer = super().getresponse(*arguments, **options)  # type: ignore[misc]
        self.answered_at = time.time()
        return answer


class TrackedHttpsConnection(TrackedConnection):
    """The same, over TLS."""

    ssl_context: Any
    ca_certs: Any
    proxy_config: Any

    def connect(self) -> None:
        """Connect, and let `tls_context` judge the neighbour, and an https:// proxy."""
        # A file of authorities that is named instead would be loaded again for each connection.
        self.ssl_context, self.ca_certs = tls_context(), None
        if self.proxy_config:
            self.proxy_config = self.proxy_config._replace(ssl_context=self.ssl_context)
        super().connect()  # type: ignore[misc]


class FreshConnectionPool:
    """A pool that hands out no connection that may have died unseen, and tells when one had.

    A NAT gateway forgets a connection after 350 idle seconds and answers the next packet with a reset (VPC user guide,
    "NAT gateways"); servers close theirs after seconds or minutes. A frozen function sees neither until it is too late.
    In the place of a connection that failed, urllib3 puts an empty one on top of the pool. So whoever sends again opens
    a new connection, even where all the others are dead, too.
    """

    max_idle = MAX_IDLE

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        if connection.answered_at is not None and not 0 <= time.time() - connection.answered_at <= self.max_idle:
            connection.close()  # urllib3 opens it again
        return connection

    def _make_request(self, conn: Any, method: str, *arguments: Any, **options: Any) -> Any:
        kept = conn.answered_at is not None and not conn.is_closed
        try:
            return super()._make_request(conn, method, *arguments, **options)  # type: ignore[misc]
        except ConnectionError as error:
            # RFC 9110 §9.2.2: what is not idempotent is sent again only where it was never applied. A server that has
            # no whole head has no request.
            if kept and (method == "GET" or not conn.sent):
                raise DeadConnectionError("a kept connection was dead", error) from error
            raise


class _Connection(TrackedConnection, HTTPConnection):
    pass


class _SecureConnection(TrackedHttpsConnection, HTTPSConnection):
    pass


class _Pool(FreshConnectionPool, HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(FreshConnectionPool, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Connections:
    """Kept connections to neighbours other than AWS, each by the way that `proxy_of` tells."""

    def __init__(self) -> None:
        self._managers: dict[str, PoolManager] = {}
        """By the proxy."""

    def exchange(self, method: str, url: str, *, most: int, **options: Any) -> tuple[BaseHTTPResponse, bytes]:
        """Send a request, a second time where a kept connection had died, and return the answer and its body.

        Of the body, at most `most` bytes are read. Redirects are not followed. `options`: as for urllib3's `request`.
        Raises `TimeoutError` when there is no time for it, and what urllib3 raises: `HTTPError`, `OSError`,
        `ValueError`.
        """
        try:
            return self._exchange(method, url, most, options)
        except DeadConnectionError:
            return self._exchange(method, url, most, options)

    def _exchange(self, method: str, url: str, most: int, options: dict[str, Any]) -> tuple[BaseHTTPResponse, bytes]:
        connect, read = deadline.left(CONNECT_TIMEOUT), deadline.left(READ_TIMEOUT)
        if connect <= 0:
            raise TimeoutError
        timeout = Timeout(connect=connect, read=read)
        http = self._manager(proxy_of(url))
        answer = http.request(method, url, redirect=False, preload_content=False, timeout=timeout, **options)
        try:
            return answer, answer.read(most, decode_content=True)
        finally:
            answer.release_conn()

    def _manager(self, proxy: str) -> PoolManager:
        if proxy not in self._managers:
            options: Any = {"retries": False, "socket_options": HTTPConnection.default_socket_options}
            made = ProxyManager(proxy, **options) if proxy else PoolManager(**options)
            made.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
            self._managers[proxy] = made
        return self._managers[proxy]


def proxy_of(url: str) -> str:
    """Return the URL of the proxy through which `url` is reached, empty where it is reached directly.

    The environment tells, as everywhere: HTTPS_PROXY, and NO_PROXY with host names and their suffixes. Only TLS goes
    through a proxy: plain HTTP leads no further than to this machine, as to Lambda's own interfaces.
    """
    parts = urlsplit(url)
    return _proxy_of(parts.netloc) if parts.scheme == "https" else ""


@lru_cache(maxsize=64)
def _proxy_of(netloc: str) -> str:
    return str(get_environ_proxies(f"https://{netloc}/").get("https", ""))
