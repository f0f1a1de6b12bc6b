"""Stale connections: which requests are sent again, and which are never sent over an idle connection."""

import asyncio
import select
import ssl
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gate.identity.issuer_api import IssuerApi
from gate.platform import transport
from gate.platform.aws import transport as aws_transport
from gate.platform.aws.clients import aws_clients, client
from gate.platform.tls import tls_context
from gate.values.errors.upstream import IdentityProviderDownError
from local.streams import serve_streams
from testing.authority import InspectingAuthority
from testing.resetting_server import TIMEOUT, ResettingServer

FORM = {"code": "c"}


@pytest.fixture(params=["http", "https"])
def server(
    request: pytest.FixtureRequest,
    authority: InspectingAuthority,
    server_tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ResettingServer]:
    monkeypatch.setenv("GATE_CA_BUNDLE", str(authority.pem))
    monkeypatch.setenv("NO_PROXY", "localhost")
    tls_context.cache_clear()
    resetting_server = ResettingServer()
    with serve_streams(resetting_server.serve, tls=server_tls if request.param == "https" else None) as port:
        resetting_server.url = f"{request.param}://localhost:{port}"
        yield resetting_server
    tls_context.cache_clear()


@pytest.fixture
def issuer_api() -> Iterator[IssuerApi]:
    api = IssuerApi()
    yield api
    for each in api._connections._managers.values():
        each.clear()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The wall clock that connections read: `now.seconds`."""
    clock = SimpleNamespace(seconds=1_700_000_000.0)
    monkeypatch.setattr(transport, "time", SimpleNamespace(time=lambda: clock.seconds))
    return clock


@pytest.fixture
def sts(server: ResettingServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    transport = aws_transport.AwsTransport()
    monkeypatch.setattr("gate.platform.aws.clients.AwsTransport", lambda: transport)
    aws_clients.cache_clear()
    credentials: Any = {"AccessKeyId": "x", "SecretAccessKey": "y", "SessionToken": "z"}
    yield client("sts", region="eu-west-1", credentials=credentials)
    aws_clients.cache_clear()
    for each in transport._sessions.values():
        each.close()


def _assume(sts: Any) -> None:
    sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")


def test_an_idempotent_request_is_retried_on_a_new_connection(server: ResettingServer, issuer_api: IssuerApi) -> None:
    issuer_api.get("keys", server.url)
    server.age()
    assert issuer_api.get("keys", server.url).status == 200
    assert (server.handled, server.opened) == (["GET", "GET"], 2)


def test_a_request_is_sent_again_only_once(server: ResettingServer, issuer_api: IssuerApi) -> None:
    issuer_api.get("keys", server.url)
    server.down = True
    for opened in (2, 3):  # a new connection that is reset is not stale
        with pytest.raises(IdentityProviderDownError):
            issuer_api.get("keys", server.url)
        assert server.opened == opened
    assert server.handled == ["GET"]


def test_an_authorization_code_is_sent_once(server: ResettingServer, issuer_api: IssuerApi) -> None:
    """The server may have processed a request that it reset. A code that arrives twice can revoke its tokens."""
    issuer_api.post("token", server.url, FORM, {})
    server.age()
    with pytest.raises(IdentityProviderDownError):
        issuer_api.post("token", server.url, FORM, {})
    assert (server.handled, server.opened) == (["POST"], 1)
    assert issuer_api.post("token", server.url, FORM, {}).status == 200
    assert (server.handled, server.opened) == (["POST", "POST"], 2)


@pytest.mark.parametrize("seconds", [transport.MAX_IDLE + 0.1, 351, 86_400, -10])
def test_an_authorization_code_is_never_sent_over_an_idle_connection(
    server: ResettingServer, issuer_api: IssuerApi, now: SimpleNamespace, seconds: float
) -> None:
    issuer_api.post("token", server.url, FORM, {})
    server.age()
    now.seconds += seconds
    assert issuer_api.post("token", server.url, FORM, {}).status == 200
    assert (server.handled, server.opened, server.resets) == (["POST", "POST"], 2, 0)


def test_an_authorization_code_is_sent_again_if_nothing_was_sent(
    server: ResettingServer, issuer_api: IssuerApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer_api.post("token", server.url, FORM, {})
    # As if the reset arrived just after urllib3 checked the connection.
    monkeypatch.setattr("urllib3.connectionpool.is_connection_dropped", lambda _connection: False)
    (connection,) = _pooled(issuer_api, server.url)
    server.reset()
    assert select.select([connection.sock], [], [], TIMEOUT)[0]
    assert issuer_api.post("token", server.url, FORM, {}).status == 200
    assert (server.handled, server.opened) == (["POST", "POST"], 2)


def test_connections_are_reused_by_the_next_request(
    server: ResettingServer, issuer_api: IssuerApi, sts: Any, now: SimpleNamespace
) -> None:
    for _ in range(3):
        issuer_api.get("keys", server.url)
        issuer_api.post("token", server.url, FORM, {})
        now.seconds += transport.MAX_IDLE
    assert server.opened == 1
    for _ in range(3):
        _assume(sts)
        now.seconds += aws_transport.MAX_IDLE
    assert server.opened == 2


def test_an_aws_call_is_retried_after_a_stale_connection(server: ResettingServer, sts: Any) -> None:
    _assume(sts)
    server.age()
    _assume(sts)
    assert (len(server.handled), server.opened) == (2, 2)


def test_an_aws_call_is_retried_if_all_connections_are_stale(server: ResettingServer, sts: Any) -> None:
    """botocore makes two attempts. Both could use a stale connection."""
    server.together = asyncio.Barrier(3)
    threads = [threading.Thread(target=_assume, args=[sts]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert server.opened == 3
    server.together = asyncio.Barrier(1)
    server.age()
    _assume(sts)
    assert (len(server.handled), server.opened) == (4, 4)


def test_aws_is_never_called_over_a_connection_that_a_nat_gateway_dropped(
    server: ResettingServer, sts: Any, now: SimpleNamespace
) -> None:
    _assume(sts)
    server.age()
    now.seconds += 351
    _assume(sts)
    assert (len(server.handled), server.opened, server.resets) == (2, 2, 0)


def _pooled(api: IssuerApi, url: str) -> list[Any]:
    """Return the connections to `url` in the pool of `api`."""
    pool = api._connections._manager("").connection_from_url(url).pool
    found = []
    assert pool is not None
    while not pool.empty():
        found.append(pool.get(block=False))
    for each in reversed(found):
        pool.put(each)
    return [each for each in found if each]


def _open_in_advance(server: ResettingServer) -> None:
    transport = aws_clients().transport
    transport.open([server.url])
    transport._wait_for_connection(server.url)
    end = time.monotonic() + 30
    while server.opened == 0 and time.monotonic() < end:
        time.sleep(0.01)  # until the server has accepted the connection


def test_a_connection_that_was_opened_in_advance_and_closed_meanwhile_is_replaced(
    server: ResettingServer, sts: Any
) -> None:
    _open_in_advance(server)
    server.age()
    _assume(sts)
    assert (server.handled, server.opened) == (["POST"], 2)


def test_a_connection_that_was_opened_in_advance_is_not_used_after_a_minute(
    server: ResettingServer, sts: Any, now: SimpleNamespace
) -> None:
    _open_in_advance(server)
    now.seconds += aws_transport.MAX_IDLE + 1
    _assume(sts)
    assert (server.handled, server.opened) == (["POST"], 2)
