"""The HTTP transport of calls to AWS."""

import contextlib
import contextvars
import json
import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import BotoCoreError, HTTPClientError
from botocore.httpsession import URLLib3Session
from urllib3.connection import HTTPConnection

from gate.platform import deadline, transport
from gate.platform.tls import tls_context
from gate.platform.transport import FreshConnectionPool, TrackedConnection, TrackedHttpsConnection, proxy_of

MAX_IDLE = 60.0
"""Seconds for which an idle connection to AWS is reused, as in the AWS SDK for Java.

This is longer than for other services: botocore retries on a new connection, and reuse saves the next launch two
handshakes.
"""


class DeadlineExceededError(BotoCoreError):
    """The request has no time left, so the call was not made. botocore does not retry this error."""

    fmt = "no time left"


class InvalidResponseError(HTTPClientError):
    """The response is truncated, or is not from AWS. botocore retries this error."""

    fmt = "the response is not valid JSON"


class _Connection(TrackedConnection, AWSHTTPConnection):  # type: ignore[misc]  # botocore's own base classes conflict
    pass


class _SecureConnection(TrackedHttpsConnection, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _Pool(FreshConnectionPool, AWSHTTPConnectionPool):
    ConnectionCls = _Connection
    max_idle = MAX_IDLE


class _SecurePool(FreshConnectionPool, AWSHTTPSConnectionPool):
    ConnectionCls = _SecureConnection
    max_idle = MAX_IDLE


class AwsTransport:
    """Sends requests to AWS as botocore does, within the deadline of the request.

    A stale connection raises `ConnectionClosedError`. botocore's rules then retry any operation, on a new connection,
    as `FreshConnectionPool` explains. A write without a token that reached AWS before its connection failed is made
    twice. At worst, this skips a number in the launch queue, or sends a notice twice.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, URLLib3Session] = {}
        """By the URL of the proxy."""
        self._opening: dict[str, threading.Thread] = {}
        """The threads that open a connection, by host."""

    def send(self, request: Any) -> Any:
        """Send an `AWSPreparedRequest`, and return the `AWSResponse`.

        Raises `DeadlineExceededError`, `InvalidResponseError`, and the errors of botocore's own transport.
        """
        read_timeout = deadline.remaining(transport.READ_TIMEOUT)
        if read_timeout <= 0:
            raise DeadlineExceededError
        request.context["read_timeout"] = read_timeout
        self._wait_for_connection(request.url)
        response = self._session(proxy_of(request.url)).send(request)
        body = response.content
        if response.status_code == 200 and "x-amz-json" in str(request.headers.get("Content-Type")):
            _check_json(body, response.headers)
        return response

    def open(self, urls: Iterable[str]) -> None:
        """Begin to open a connection to the host of each of `urls`, side by side. Does not wait, and does not raise.

        The next call to a host waits for its connection and uses it. If a connection fails, that call opens another
        one and reports the error.
        """
        with contextlib.suppress(OSError):
            tls_context()  # before the threads, each of which would load the authorities
        for url in dict.fromkeys(f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, urls)):
            context = contextvars.copy_context()  # with the deadline of the request
            thread = threading.Thread(target=context.run, args=(_open_connection, self.pool(url)), daemon=True)
            self._opening[urlsplit(url).netloc] = thread
            thread.start()

    def pool(self, url: str) -> Any:
        """Return the connection pool for the host of `url`. No connection is opened."""
        proxy = proxy_of(url)
        return self._session(proxy)._get_connection_manager(url, proxy or None).connection_from_url(url)

    def _wait_for_connection(self, url: str) -> None:
        thread = self._opening.pop(urlsplit(url).netloc, None)
        if thread is not None:
            thread.join(deadline.remaining(transport.CONNECT_TIMEOUT))

    def _session(self, proxy: str) -> Any:
        if proxy not in self._sessions:
            session_class: Any = URLLib3Session  # its stubs lack the timeouts and the pool classes
            # The default options turn Nagle's algorithm off. With it, calls would wait 40 ms for an acknowledgement.
            options = HTTPConnection.default_socket_options
            proxies = {"https": proxy} if proxy else None
            session = session_class(
                timeout=(transport.CONNECT_TIMEOUT, transport.READ_TIMEOUT), socket_options=options, proxies=proxies
            )
            session._pool_classes_by_scheme |= {"http": _Pool, "https": _SecurePool}
            self._sessions[proxy] = session
        return self._sessions[proxy]


def _open_connection(pool: Any) -> None:
    with contextlib.suppress(Exception):
        connection = pool._get_conn()
        connection.timeout = deadline.remaining(transport.CONNECT_TIMEOUT)
        if pool.proxy:
            pool._prepare_proxy(connection)  # connects, too
        else:
            connection.connect()
        pool._put_conn(connection)


def _check_json(body: bytes, headers: Any) -> None:
    """Raise `InvalidResponseError` if `body` is not a JSON object. botocore would read it as an empty response."""
    if not body:
        if headers.get("Content-Length") != "0":
            raise InvalidResponseError  # the response was truncated in its headers
        return
    try:
        if not isinstance(json.loads(body), dict):
            raise InvalidResponseError
    except ValueError as error:
        raise InvalidResponseError from error
