"""The deadline bounds every call of the function, tested with real servers that misbehave."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from gate.identity.provider import Provider
from gate.platform import deadline
from gate.platform.aws.clients import aws_clients, client
from gate.platform.aws.errors import aws_errors
from gate.platform.aws.transport import DeadlineExceededError
from gate.platform.deadline import RESERVE, request_deadline
from gate.slack.api import SlackApi
from gate.values.errors.slack import SlackDownError
from gate.values.errors.upstream import AwsError, IdentityProviderDownError
from local.streams import serve_streams

Misbehaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
FOREVER = 60.0
"""Seconds. Even on a busy machine, a call with a deadline of half a second ends far earlier."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


async def _never_responds(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()  # until the client closes the connection


async def _send_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> None:
    await reader.readexactly(1)
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def _sends_slow_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _send_slowly(reader, writer, b"HTTP/1.1 200 OK\r\n" + b"X-Padding: x\r\n" * 1000)


async def _sends_slow_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    await _send_slowly(reader, writer, b"{" + b" " * 99_999)


@contextmanager
def _serving(behaviour: Misbehaviour) -> Iterator[str]:
    with serve_streams(behaviour) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def long_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets timeouts of single reads that no test reaches, so that only the deadline ends a call."""
    for name in (
        "gate.platform.transport.CONNECT_TIMEOUT",
        "gate.platform.transport.READ_TIMEOUT",
        "gate.slack.api.CALL_TIMEOUT",
    ):
        monkeypatch.setattr(name, 10 * FOREVER)


def _aws(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    aws_clients.cache_clear()
    credentials: Any = {"AccessKeyId": "x", "SecretAccessKey": "y", "SessionToken": "z"}
    sts = client("sts", region="eu-west-1", credentials=credentials)
    with aws_errors():
        sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")


def _provider(url: str, _monkeypatch: pytest.MonkeyPatch) -> None:
    Provider(issuer=url, client_id="x").key("x", "RS256")


def _slack(url: str, _monkeypatch: pytest.MonkeyPatch) -> None:
    SlackApi(token=lambda: "xoxb-1", api_url=f"{url}/api/", hooks_urls=()).user("U1")


@pytest.mark.usefixtures("long_timeouts")
@pytest.mark.parametrize("behaviour", [_never_responds, _sends_slow_headers, _sends_slow_body])
@pytest.mark.parametrize(("call", "error"), [
    (_aws, AwsError), (_provider, IdentityProviderDownError), (_slack, SlackDownError),
])  # fmt: skip
def test_a_call_ends_at_the_deadline(
    behaviour: Misbehaviour, call: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    with _serving(behaviour) as url:
        started = time.monotonic()
        with request_deadline((RESERVE + 0.5) * 1000), pytest.raises(error):
            call(url, monkeypatch)
        assert 0.3 < time.monotonic() - started < FOREVER


@pytest.mark.parametrize(("call", "error"), [
    (_aws, AwsError), (_provider, IdentityProviderDownError), (_slack, SlackDownError),
])  # fmt: skip
def test_no_call_is_made_after_the_deadline(call: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    connections: list[str] = []

    async def record(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        connections.append("a connection")

    with _serving(record) as url, request_deadline(0), pytest.raises(error):
        call(url, monkeypatch)
    assert not connections


@pytest.mark.usefixtures("long_timeouts")
def test_the_deadline_also_bounds_reused_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server responds to the first request, and never to the second, which uses the same connection."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"Version=2011-06-15")
        body = b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await reader.read()

    with _serving(once) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        aws_clients.cache_clear()
        credentials: Any = {"AccessKeyId": "x", "SecretAccessKey": "y", "SessionToken": "z"}
        sts = client("sts", region="eu-west-1", credentials=credentials)
        with request_deadline((RESERVE + FOREVER) * 1000, limit=FOREVER):
            sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")
        started = time.monotonic()
        with request_deadline((RESERVE + 0.5) * 1000), pytest.raises(BotoCoreError):
            sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")
        assert time.monotonic() - started < FOREVER


def test_calls_do_not_wait_for_acknowledgements(monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[int] = []
    monkeypatch.setattr(
        deadline, "watch", lambda sock: watched.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    )

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    with _serving(close) as url:
        for call, error in ((_aws, AwsError), (_provider, IdentityProviderDownError)):
            with pytest.raises(error):
                call(url, monkeypatch)
    assert watched
    assert all(watched)


def test_a_connection_after_the_deadline_is_shut_down_immediately() -> None:
    local, remote = socket.socketpair()
    with local, remote:
        deadline.Deadline(0).watch(local)
        remote.settimeout(FOREVER)
        assert remote.recv(1) == b""


def test_the_time_limit_of_lambda_applies_if_it_is_earlier() -> None:
    with request_deadline(28_000):
        assert 0 < deadline.remaining(60) <= 9
    with request_deadline(3_000):
        assert 0 < deadline.remaining(60) <= 2
    assert deadline.remaining(60) == 60
    assert not isinstance(DeadlineExceededError(), OSError)
