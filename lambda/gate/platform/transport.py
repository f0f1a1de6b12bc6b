"""HTTP connections to other services. They are bounded by the request's deadline and reused for a limited time."""

import socket
import ssl
import time
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from botocore.utils import get_environ_proxies
from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError

from gate.platform import deadline
from gate.platform.framing import TrackedResponse, has_data
from gate.platform.tls import tls_context

CONNECT_TIMEOUT, READ_TIMEOUT = 2.0, 5.0
"""Seconds. A service that takes longer counts as down."""

MAX_IDLE = 4.0
"""Seconds for which an idle connection is reused. Node.js and Apache close idle connections after five."""


class StaleConnectionError(ProtocolError):
    """The peer closed a reused connection. The request was not received or is idempotent, so it can be sent again."""


class TrackedConnection:
    """A connection that records its last use and response, and that is shut down at the deadline of the request."""

    response_class: Any = TrackedResponse

    sock: Any
    idle_since: float | None = None
    """The time of the last response, or of the connection if there was none, in epoch seconds.

    This is wall-clock time, because the monotonic clock may stop while Lambda freezes the function.
    """
    was_used = False
    """Whether a request was sent over this connection."""
    headers_sent = False
    """Whether the headers of the current request were sent."""
    _response: Any = None
    """The response to the last request, if one has come."""

    def _new_conn(self) -> socket.socket:
        self.idle_since, self.was_used = time.time(), False
        connection: socket.socket = super()._new_conn()  # type: ignore[misc]
        deadline.watch(connection)  # now, because a proxy may be slow to answer CONNECT
        return connection

    def request(self, *arguments: Any, **options: Any) -> None:
        """Send a request."""
        self.headers_sent, self._response = False, None
        try:
            super().request(*arguments, **options)  # type: ignore[misc]
        finally:
            self.was_used = True

    def send(self, data: Any) -> None:
        """Send a part of the request. The headers are the first part."""
        super().send(data)  # type: ignore[misc]
        self.headers_sent = True

    def getresponse(self, *arguments: Any, **options: Any) -> Any:
        """Wait for the headers of the response, until the deadline at most."""
        # For TLS in TLS, through an https:// proxy, `self.sock` is a wrapper of the socket.
        deadline.watch(getattr(self.sock, "socket", self.sock))
        response = super().getresponse(*arguments, **options)  # type: ignore[misc]
        self.idle_since, self._response = time.time(), response._original_response
        return response

    @property
    def is_reusable(self) -> bool:
        """Whether every response was read to its end."""
        return not self.was_used or (isinstance(self._response, TrackedResponse) and self._response.is_complete)

    @property
    def is_connected(self) -> bool:
        """Whether the peer has neither closed the connection nor sent anything that no request asked for."""
        # A TLS 1.3 server sends session tickets directly after the handshake (RFC 8446 §4.6.1). They make the socket
        # readable until the first response is read. Afterwards, TLS holds no bytes (see `TrackedResponse`).
        if not self.was_used and self.sock is not None:
            return not has_data(self.sock, self.sock.recv)
        connected: bool = super().is_connected  # type: ignore[misc]
        return connected


class TrackedHttpsConnection(TrackedConnection):
    """A `TrackedConnection` over TLS."""

    ssl_context: Any
    ca_certs: Any
    proxy_config: Any

    def connect(self) -> None:
        """Connect, and verify the certificates of the server and of an https:// proxy with `tls_context`."""
        # If `ca_certs` named a file, urllib3 would load it for each connection.
        self.ssl_context, self.ca_certs = tls_context(), None
        if self.proxy_config:
            self.proxy_config = self.proxy_config._replace(ssl_context=self.ssl_context)
        super().connect()  # type: ignore[misc]


class FreshConnectionPool:
    """A pool that reuses a connection only for `max_idle` seconds, and after a complete response. Detects stale ones.

    A NAT gateway drops a connection after 350 idle seconds and answers the next packet with a reset (VPC user guide,
    "NAT gateways"). Servers close idle connections after seconds or minutes. A frozen function notices neither before
    it sends the next request. urllib3 replaces a failed connection with an empty one on top of the pool. A retry
    therefore opens a new connection, even if all others in the pool are stale, too.
    """

    max_idle = MAX_IDLE

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        idle_since = connection.idle_since
        if idle_since is not None and not 0 <= time.time() - idle_since <= self.max_idle:
            connection.close()  # urllib3 connects it again
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None and not conn.is_reusable:
            conn.close()
        super()._put_conn(conn)  # type: ignore[misc]

    def _make_request(self, conn: Any, method: str, *arguments: Any, **options: Any) -> Any:
        reused = not conn.is_closed  # or opened in advance
        try:
            return super()._make_request(conn, method, *arguments, **options)  # type: ignore[misc]
        except (ConnectionError, ssl.SSLEOFError) as error:  # Python 3.11 raises the latter if TLS writes after a reset
            # RFC 9110 §9.2.2: a request that is not idempotent is sent again only if it was never applied. A server
            # that did not receive all headers did not receive the request.
            if reused and (method == "GET" or not conn.headers_sent):
                raise StaleConnectionError("the reused connection was closed", error) from error
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
    """Pools of connections to services other than AWS. They use the proxies that `proxy_of` returns."""

    def __init__(self) -> None:
        self._managers: dict[str, PoolManager] = {}
        """By the URL of the proxy."""

    def exchange(self, method: str, url: str, *, max_bytes: int, **options: Any) -> tuple[BaseHTTPResponse, bytes]:
        """Send a request, and return the response and at most `max_bytes` of its body.

        If a reused connection turns out to be stale, the request is sent a second time. Redirects are not followed.
        `options`: as for urllib3's `request`.
        Raises `TimeoutError` if the request has no time left, and the errors of urllib3: `HTTPError`, `OSError`,
        `ValueError`.
        """
        try:
            return self._exchange(method, url, max_bytes, options)
        except StaleConnectionError:
            return self._exchange(method, url, max_bytes, options)

    def _exchange(
        self, method: str, url: str, max_bytes: int, options: dict[str, Any]
    ) -> tuple[BaseHTTPResponse, bytes]:
        connect, read = deadline.remaining(CONNECT_TIMEOUT), deadline.remaining(READ_TIMEOUT)
        if connect <= 0:
            raise TimeoutError
        timeout = Timeout(connect=connect, read=read)
        http = self._manager(proxy_of(url))
        response = http.request(method, url, redirect=False, preload_content=False, timeout=timeout, **options)
        try:
            return response, response.read(max_bytes, decode_content=True)
        finally:
            response.release_conn()

    def _manager(self, proxy: str) -> PoolManager:
        if proxy not in self._managers:
            options: Any = {"retries": False, "socket_options": HTTPConnection.default_socket_options}
            manager = ProxyManager(proxy, **options) if proxy else PoolManager(**options)
            manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
            self._managers[proxy] = manager
        return self._managers[proxy]


def proxy_of(url: str) -> str:
    """Return the URL of the proxy for `url`, or an empty string if no proxy is used.

    The environment variables are the usual ones: HTTPS_PROXY, and NO_PROXY with host names and suffixes. Only https
    URLs use a proxy. Plain HTTP is used on this machine only, for example for Lambda's own interfaces.
    """
    parts = urlsplit(url)
    return _proxy_of(parts.netloc) if parts.scheme == "https" else ""


@lru_cache(maxsize=64)
def _proxy_of(netloc: str) -> str:
    return str(get_environ_proxies(f"https://{netloc}/").get("https", ""))
