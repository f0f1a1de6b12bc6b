"""Connections that are opened in advance, side by side, over real sockets with TLS."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSRequest

from gate.platform.aws.transport import AwsTransport
from gate.platform.tls import tls_context
from tests.unit.platform.proxy import InspectingAuthority

HOSTS = 4
TIMEOUT = 30


class Servers:
    """Listens on several ports. No handshake begins before each port has a connection."""

    def __init__(self, tls: ssl.SSLContext, started: ExitStack) -> None:
        self._tls = tls
        self.handshakes = 0
        self.requests = 0
        self._lock = threading.Lock()
        listeners = [started.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(HOSTS)]
        self.urls = [f"https://localhost:{each.getsockname()[1]}/" for each in listeners]
        together = threading.Barrier(HOSTS)
        for listener in listeners:
            listener.settimeout(TIMEOUT)
            thread = threading.Thread(target=self._serve, args=[listener, together])
            thread.start()
            started.callback(thread.join)

    def _serve(self, listener: socket.socket, together: threading.Barrier) -> None:
        connection, _ = listener.accept()
        together.wait(TIMEOUT)
        connection.settimeout(TIMEOUT)
        with self._tls.wrap_socket(connection, server_side=True) as secured:
            with self._lock:
                self.handshakes += 1
            while secured.recv(65_536):
                with self._lock:
                    self.requests += 1
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@pytest.fixture
def servers(
    authority: InspectingAuthority, server_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Servers]:
    monkeypatch.setenv("GATE_CA_BUNDLE", str(authority.pem))
    monkeypatch.setenv("NO_PROXY", "localhost")
    tls_context.cache_clear()
    with ExitStack() as started:
        yield Servers(server_tls, started)
    tls_context.cache_clear()


@contextmanager
def _transport() -> Iterator[AwsTransport]:
    transport = AwsTransport()
    yield transport
    for session in transport._sessions.values():
        session.close()


def _request(url: str) -> AWSPreparedRequest:
    return AWSRequest(method="GET", url=url, headers={}, data=b"").prepare()


def test_the_handshakes_overlap_and_the_calls_use_their_connections(servers: Servers) -> None:
    with _transport() as transport:
        transport.open(servers.urls)
        # A second connection to any port would never be accepted, and the call would fail.
        for url in servers.urls:
            assert transport.send(_request(url)).status_code == 200
    assert (servers.handshakes, servers.requests) == (HOSTS, HOSTS)


def test_the_authorities_are_read_once(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    make = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: made.append(1) or make())
    with _transport() as transport:
        transport.open(servers.urls)
        for url in servers.urls:
            transport.send(_request(url))
    assert len(made) == 1


def test_a_connection_that_cannot_be_opened_is_reported_by_the_call() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with _transport() as transport:
        transport.open([url])
        with pytest.raises(Exception, match="Could not connect to the endpoint URL"):
            transport.send(_request(url))
