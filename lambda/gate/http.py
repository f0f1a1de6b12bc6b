"""Connections to neighbours, each bounded by the time that the request at hand has left."""

import json
import socket
from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import BotoCoreError, HTTPClientError
from botocore.httpsession import URLLib3Session
from urllib3 import PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from gate import deadline

CONNECT, READ = 2.0, 5.0
"""Seconds: a neighbour that takes longer for either is down."""


class OutOfTimeError(BotoCoreError):
    """The request's time is over, so the call was not made. Not among the errors that botocore tries again."""

    fmt = "no time left"


class NoAnswerError(HTTPClientError):
    """What came is no answer of AWS's: cut off, or somebody else's words. Among the errors that are tried again."""

    fmt = "no JSON came"


class _Watched:
    """Has its socket shut when the time is over, also in the middle of an answer that trickles in."""

    sock: socket.socket

    def getresponse(self, *arguments: Any, **options: Any) -> Any:
        deadline.watch(self.sock)
        return super().getresponse(*arguments, **options)  # type: ignore[misc]


class _Connection(_Watched, HTTPConnection):
    pass


class _SecureConnection(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _AwsConnection(_Watched, AWSHTTPConnection):  # type: ignore[misc]  # botocore's own bases do not agree
    pass


class _AwsSecureConnection(_Watched, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _AwsPool(AWSHTTPConnectionPool):
    ConnectionCls = _AwsConnection


class _AwsSecurePool(AWSHTTPSConnectionPool):
    ConnectionCls = _AwsSecureConnection


def pool() -> PoolManager:
    """Return kept connections for neighbours other than AWS; each call takes its `timeout` from `patience`."""
    manager = PoolManager(retries=False)
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return manager


def patience() -> Timeout | None:
    """Return how long the next call may take, None when there is no time for it."""
    connect, read = deadline.left(CONNECT), deadline.left(READ)
    return Timeout(connect=connect, read=read) if connect > 0 else None


class AwsTransport:
    """How botocore's clients send, by their `before-send` event: as botocore does it, but in the time that is left."""

    def __init__(self) -> None:
        make: Any = URLLib3Session  # whose stubs know neither its time-outs nor its connections
        # Without these options, which turn Nagle's algorithm off, each call waits 40 ms for an acknowledgement.
        options = HTTPConnection.default_socket_options
        self._session = make(timeout=(CONNECT, READ), socket_options=options)
        self._session._manager.pool_classes_by_scheme = {"http": _AwsPool, "https": _AwsSecurePool}

    def send(self, request: Any, **_event: Any) -> Any:
        """Send an `AWSPreparedRequest`, and return the `AWSResponse`.

        Raises `OutOfTimeError`, `NoAnswerError`, or what botocore's own sending raises.
        """
        read = deadline.left(READ)
        if read <= 0:
            raise OutOfTimeError
        request.context["read_timeout"] = read
        response = self._session.send(request)
        try:
            body = response.content
        except HTTPError as error:
            # An answer that is streamed is read here, outside of what botocore takes for its own failures.
            raise NoAnswerError from error
        if response.status_code == 200 and "x-amz-json" in str(request.headers.get("Content-Type")):
            _check(body, response.headers)
        return response


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
