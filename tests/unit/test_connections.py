"""Connections that died while nobody looked: which requests are sent again, and which never meet one."""

import asyncio
import select
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gate import transport
from gate.aws import transport as aws_transport
from gate.aws.clients import botocore_session, client
from gate.errors.upstream import IdentityProviderDownError
from gate.identity.issuer_api import IssuerApi
from gate.tls import tls_context
from local.streams import serve_streams
from tests.unit.authority import Authority

ANSWER = b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"
FORM = {"code": "c"}
TIMEOUT = 60.0
"""Seconds; nothing here takes any."""


class Neighbour:
    """Answers every request, but resets a connection that is old as soon as data comes: as a NAT gateway does."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        """Methods of the requests that were taken."""
        self.opened = self.resets = 0
        self.url = ""
        self.down = False
        """Whether new connections are reset, too."""
        self.together = asyncio.Barrier(1)
        """Requests are answered when so many have come."""
        self._generation = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writers: list[asyncio.StreamWriter] = []

    def age(self) -> None:
        """Make every connection that is open an old one."""
        self._generation += 1

    def reset(self) -> None:
        """Reset every connection that is open, now."""
        for writer in self._writers:
            assert self._loop
            self._loop.call_soon_threadsafe(_reset, writer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._loop = asyncio.get_running_loop()
        self.opened += 1
        self._writers.append(writer)
        born = self._generation
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if self.down or born < self._generation:
                self.resets += 1
                _reset(writer)
                return
            length = head.partition("content-length: ")[2].partition("\r\n")[0]
            await reader.readexactly(int(length or 0))
            self.handled.append(head.partition(" ")[0].upper())
            await self.together.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))


def _reset(writer: asyncio.StreamWriter) -> None:
    # Closing with a linger time of zero sends a reset (socket(7), SO_LINGER).
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tls(authority: Authority) -> ssl.SSLContext:
    return authority.server(["localhost"])


@pytest.fixture(params=["http", "https"])
def neighbour(
    request: pytest.FixtureRequest, authority: Authority, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Neighbour]:
    monkeypatch.setenv("GATE_CA_BUNDLE", str(authority.pem))
    monkeypatch.setenv("NO_PROXY", "localhost")
    tls_context.cache_clear()
    made = Neighbour()
    with serve_streams(made.serve, tls=tls if request.param == "https" else None) as port:
        made.url = f"{request.param}://localhost:{port}"
        yield made
    tls_context.cache_clear()


@pytest.fixture
def issuer_api() -> Iterator[IssuerApi]:
    api = IssuerApi()
    yield api
    for each in api._connections._managers.values():
        each.clear()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The wall clock as connections read it: `now.seconds`."""
    clock = SimpleNamespace(seconds=1_700_000_000.0)
    monkeypatch.setattr(transport, "time", SimpleNamespace(time=lambda: clock.seconds))
    return clock


@pytest.fixture
def sts(neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", neighbour.url)
    transport = aws_transport.AwsTransport()
    monkeypatch.setattr("gate.aws.clients.AwsTransport", lambda: transport)
    botocore_session.cache_clear()
    given: Any = {"AccessKeyId": "x", "SecretAccessKey": "y", "SessionToken": "z"}
    yield client("sts", region="eu-west-1", credentials=given)
    botocore_session.cache_clear()
    for each in transport._sessions.values():
        each.close()


def _assume(sts: Any) -> None:
    sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")


def test_an_idempotent_request_is_sent_again_on_a_new_connection(neighbour: Neighbour, issuer_api: IssuerApi) -> None:
    issuer_api.get("keys", neighbour.url)
    neighbour.age()
    assert issuer_api.get("keys", neighbour.url).status == 200
    assert (neighbour.handled, neighbour.opened) == (["GET", "GET"], 2)


def test_a_request_is_sent_again_only_once(neighbour: Neighbour, issuer_api: IssuerApi) -> None:
    issuer_api.get("keys", neighbour.url)
    neighbour.down = True
    for opened in (2, 3):  # a new connection that is reset is no dead one
        with pytest.raises(IdentityProviderDownError):
            issuer_api.get("keys", neighbour.url)
        assert neighbour.opened == opened
    assert neighbour.handled == ["GET"]


def test_an_authorization_code_is_sent_once(neighbour: Neighbour, issuer_api: IssuerApi) -> None:
    """Whether a server took what it reset cannot be known, and a code that comes twice may cost its tokens."""
    issuer_api.post("token", neighbour.url, FORM, {})
    neighbour.age()
    with pytest.raises(IdentityProviderDownError):
        issuer_api.post("token", neighbour.url, FORM, {})
    assert (neighbour.handled, neighbour.opened) == (["POST"], 1)
    assert issuer_api.post("token", neighbour.url, FORM, {}).status == 200
    assert (neighbour.handled, neighbour.opened) == (["POST", "POST"], 2)


@pytest.mark.parametrize("seconds", [transport.MAX_IDLE + 0.1, 351, 86_400, -10])
def test_an_authorization_code_is_never_sent_over_an_idle_connection(
    neighbour: Neighbour, issuer_api: IssuerApi, now: SimpleNamespace, seconds: float
) -> None:
    issuer_api.post("token", neighbour.url, FORM, {})
    neighbour.age()
    now.seconds += seconds
    assert issuer_api.post("token", neighbour.url, FORM, {}).status == 200
    assert (neighbour.handled, neighbour.opened, neighbour.resets) == (["POST", "POST"], 2, 0)


def test_an_authorization_code_is_sent_again_if_nothing_was_sent(
    neighbour: Neighbour, issuer_api: IssuerApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer_api.post("token", neighbour.url, FORM, {})
    # As if the reset came just after urllib3 had looked for one.
    monkeypatch.setattr("urllib3.connectionpool.is_connection_dropped", lambda _connection: False)
    (connection,) = _kept(issuer_api, neighbour.url)
    neighbour.reset()
    assert select.select([connection.sock], [], [], TIMEOUT)[0]
    assert issuer_api.post("token", neighbour.url, FORM, {}).status == 200
    assert (neighbour.handled, neighbour.opened) == (["POST", "POST"], 2)


def test_connections_are_reused_by_the_next_request(
    neighbour: Neighbour, issuer_api: IssuerApi, sts: Any, now: SimpleNamespace
) -> None:
    for _ in range(3):
        issuer_api.get("keys", neighbour.url)
        issuer_api.post("token", neighbour.url, FORM, {})
        now.seconds += transport.MAX_IDLE
    assert neighbour.opened == 1
    for _ in range(3):
        _assume(sts)
        now.seconds += aws_transport.MAX_IDLE
    assert neighbour.opened == 2


def test_an_aws_call_is_retried_after_a_stale_connection(neighbour: Neighbour, sts: Any) -> None:
    _assume(sts)
    neighbour.age()
    _assume(sts)
    assert (len(neighbour.handled), neighbour.opened) == (2, 2)


def test_an_aws_call_is_retried_if_all_connections_are_stale(neighbour: Neighbour, sts: Any) -> None:
    """botocore tries twice, and would meet a dead connection both times."""
    neighbour.together = asyncio.Barrier(3)
    threads = [threading.Thread(target=_assume, args=[sts]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert neighbour.opened == 3
    neighbour.together = asyncio.Barrier(1)
    neighbour.age()
    _assume(sts)
    assert (len(neighbour.handled), neighbour.opened) == (4, 4)


def test_aws_is_never_called_over_a_connection_that_a_nat_gateway_dropped(
    neighbour: Neighbour, sts: Any, now: SimpleNamespace
) -> None:
    _assume(sts)
    neighbour.age()
    now.seconds += 351
    _assume(sts)
    assert (len(neighbour.handled), neighbour.opened, neighbour.resets) == (2, 2, 0)


def _kept(api: IssuerApi, url: str) -> list[Any]:
    """Return the connections that `api` keeps to `url`."""
    pool = api._connections._manager("").connection_from_url(url).pool
    found = []
    assert pool is not None
    while not pool.empty():
        found.append(pool.get(block=False))
    for each in reversed(found):
        pool.put(each)
    return [each for each in found if each]
