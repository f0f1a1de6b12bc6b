"""How botocore's clients send."""

import json
from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import BotoCoreError, HTTPClientError
from botocore.httpsession import URLLib3Session
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from gate import deadline, transport
from gate.transport import FreshConnectionPool, TrackedConnection, TrackedHttpsConnection, proxy_of

MAX_IDLE = 60.0
"""Seconds for which a connection to AWS may lie idle and be used again, as in AWS's SDK for Java.

Longer than for others: botocore sends a second time, and the next open saves two handshakes.
"""


class OutOfTimeError(BotoCoreError):
    """The request's time is over, so the call was not made. Not among the errors that botocore tries again."""

    fmt = "no time left"


class NoAnswerError(HTTPClientError):
    """What came is no answer of AWS's: cut off, or somebody else's words. Among the errors that are tried again."""

    fmt = "no JSON came"


class _Connection(TrackedConnection, AWSHTTPConnection):  # type: ignore[misc]  # botocore's own bases do not agree
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
    """Sends by the `before-send` event of botocore's clients: as botocore does it, but in the time that is left.

    A reused connection that turns out to be dead raises `ConnectionClosedError`, after which botocore retries any
    operation on a new connection, as `FreshConnectionPool` explains. A write that reached AWS before its connection
    failed is then made twice: at worst, a number in the launch queue is skipped, or an answer comes twice in Slack.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, URLLib3Session] = {}
        """By the proxy."""

    def send(self, request: Any, **_event: Any) -> Any:
        """Send an `AWSPreparedRequest`, and return the `AWSResponse`.

        Raises `OutOfTimeError`, `NoAnswerError`, or what botocore's own sending raises.
        """
        read = deadline.left(transport.READ_TIMEOUT)
        if read <= 0:
            raise OutOfTimeError
        request.context["read_timeout"] = read
        response = self._session(proxy_of(request.url)).send(request)
        try:
            body = response.content
        except HTTPError as error:
            # An answer that is streamed is read here, outside of what botocore takes for its own failures.
            raise NoAnswerError from error
        if response.status_code == 200 and "x-amz-json" in str(request.headers.get("Content-Type")):
            _check(body, response.headers)
        return response

    def _session(self, proxy: str) -> Any:
        if proxy not in self._sessions:
            make: Any = URLLib3Session  # whose stubs know neither its time-outs nor its connections
            # Without these options, which turn Nagle's algorithm off, each call waits 40 ms for an acknowledgement.
            options = HTTPConnection.default_socket_options
            proxies = {"https": proxy} if proxy else None
            made = make(
                timeout=(transport.CONNECT_TIMEOUT, transport.READ_TIMEOUT), socket_options=options, proxies=proxies
            )
            made._pool_classes_by_scheme |= {"http": _Pool, "https": _SecurePool}
            self._sessions[proxy] = made
        return self._sessions[proxy]


def _check(body: bytes, headers: Any) -> None:
    """Raise `NoAnswerError` for what is no JSON; botocore would read it as an answer without content."""
    if not body:
        if headers.get("Content-Length") != "0":
            raise NoAnswerError  # cut off in the head already
        return
    try:
        if not isinstance(json.loads(body), dict):
            raise NoAnswerError
    except ValueError as error:
        raise NoAnswerError from error
