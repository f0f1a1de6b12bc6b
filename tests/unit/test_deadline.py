"""What leaves the function is bounded by the request's time, over real sockets that misbehave."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from gate import deadline
from gate.aws import aws_errors
from gate.clients import client, session
from gate.deadline import RESERVE, within
from gate.errors import AwsError, IdentityProviderDownError, SlackDownError
from gate.http import OutOfTimeError
from gate.identity.provider import Provider
from gate.slack.api import SlackApi

Misbehaviour = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


def _says_nothing(connection: socket.socket) -> None:
    connection.recv(1)
    time.sleep(60)


def _trickles(connection: socket.socket, what: bytes) -> None:
    connection.recv(1)
    for byte in what:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def _trickles_its_head(connection: socket.socket) -> None:
    _trickles(connection, b"HTTP/1.1 200 OK\r\n" + b"X-Padding: x\r\n" * 1000)


def _trickles_its_body(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    _trickles(connection, b"{" + b" " * 99_999)


@contextmanager
def _serving(behaviour: Misbehaviour) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=_quietly, args=(behaviour, connection), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _quietly(behaviour: Misbehaviour, connection: socket.socket) -> None:
    try:
        behaviour(connection)
    except OSError:
        connection.close()


def _aws(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    session.cache_clear()
    given: Any = {"AccessKeyId": "x", "SecretAccessKey": "y", "SessionToken": "z"}
    made = client("sts", region="eu-west-1", credentials=given)
    with aws_errors():
        made.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")


def _provider(url: str, _monkeypatch: pytest.MonkeyPatch) -> None:
    Provider(issuer=url, client_id="x", client_secret="").key("x")


def _slack(url: str, _monkeypatch: pytest.MonkeyPatch) -> None:
    SlackApi(token=lambda: "xoxb-1", api_url=f"{url}/api/", hooks_urls=()).user("U1")


@pytest.mark.parametrize("behaviour", [_says_nothing, _trickles_its_head, _trickles_its_body])
@pytest.mark.parametrize(("call", "error"), [
    (_aws, AwsError), (_provider, IdentityProviderDownError), (_slack, SlackDownError),
])  # fmt: skip
def test_a_neighbour_is_given_up_when_the_time_is_over(
    behaviour: Misbehaviour, call: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    with _serving(behaviour) as url:
        begun = time.monotonic()
        with within((RESERVE + 0.5) * 1000), pytest.raises(error):
            call(url, monkeypatch)
        assert 0.3 < time.monotonic() - begun < 1.5


@pytest.mark.parametrize(("call", "error"), [
    (_aws, AwsError), (_provider, IdentityProviderDownError), (_slack, SlackDownError),
])  # fmt: skip
def test_without_time_no_call_is_made(call: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[socket.socket] = []
    with _serving(asked.append) as url, within(0), pytest.raises(error):
        call(url, monkeypatch)
    assert not asked


def test_a_connection_that_was_kept_is_bounded_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer is good, and the second one, over the same connection, never comes."""
    connections: list[socket.socket] = []

    def once(connection: socket.socket) -> None:
        connections.append(connection)
        connection.recv(65_536)
        body = b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        time.sleep(60)

    with _serving(once) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        session.cache_clear()
        given: Any = {"AccessKeyId": "x", "SecretAccessKey": "y", "SessionToken": "z"}
        sts = client("sts", region="eu-west-1", credentials=given)
        with within((RESERVE + 5) * 1000):
            sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")
        begun = time.monotonic()
        with within((RESERVE + 0.5) * 1000), pytest.raises(BotoCoreError):
            sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")
        assert time.monotonic() - begun < 1.5


def test_calls_do_not_wait_for_acknowledgements(monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[int] = []
    monkeypatch.setattr(
        deadline, "watch", lambda sock: watched.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    )
    with _serving(lambda connection: connection.close()) as url:
        for call, error in ((_aws, AwsError), (_provider, IdentityProviderDownError)):
            with pytest.raises(error):
                call(url, monkeypatch)
    assert watched
    assert all(watched)


def test_lambdas_own_end_counts_where_it_comes_first() -> None:
    with within(28_000):
        assert 8 < deadline.left(60) <= 9
    with within(3_000):
        assert 1.5 < deadline.left(60) <= 2
    assert deadline.left(60) == 60
    assert not isinstance(OutOfTimeError(), OSError)
