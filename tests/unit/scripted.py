"""A server that sends scripted bytes, whatever HTTP says about them, and the two clients that reuse connections."""

import asyncio
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest

from gate.platform.aws.transport import AwsTransport
from gate.platform.tls import tls_context
from gate.platform.transport import Connections
from local.streams import serve_streams
from testing.authority import InspectingAuthority

LIMIT = 1000
"""The bytes of a body that `other_services` reads."""

BUFFER = 8192
"""The bytes that http.client reads at once. What follows them stays in the TLS layer if it is in the same record."""

CHUNKED = "Transfer-Encoding: chunked"


@dataclass(frozen=True)
class Reply:
    """The bytes that answer one request."""

    now: bytes
    later: bytes = b""
    """Bytes that are sent when `ScriptedServer.send_rest` is called, or when a request follows on the connection."""


class ScriptedServer:
    """Answers requests with `script`, one reply each, in their order over all connections."""

    def __init__(self, script: Sequence[Reply], *, greeting: bytes = b"") -> None:
        """`greeting`: what the first connection sends before any request."""
        self._script = list(script)
        self._greeting = greeting
        self.connections = 0
        self.paths: list[str] = []
        """The paths of the requests."""
        self._rest: tuple[asyncio.StreamWriter, bytes] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, *replies: Reply) -> None:
        """Add `replies` to the script."""
        self._script += replies

    def send_rest(self) -> None:
        """Send `Reply.later` of the last reply."""
        assert self._loop
        self._loop.call_soon_threadsafe(self._send_rest)

    def _send_rest(self) -> None:
        if self._rest:
            writer, rest = self._rest
            writer.write(rest)
            self._rest = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self._loop = asyncio.get_running_loop()
        self.connections += 1
        if self.connections == 1:
            writer.write(self._greeting)
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = head.partition("content-length: ")[2].partition("\r\n")[0]
            await reader.readexactly(int(length or 0))
            if self._rest and self._rest[0] is writer:
                self._send_rest()
            self.paths.append(head.split(" ")[1])
            reply = self._script.pop(0)
            self._rest = (writer, reply.later) if reply.later else None
            writer.write(reply.now)


def response(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an HTTP response with `body` and the header lines `headers`, by default its `Content-Length`."""
    lines = [f"HTTP/1.1 {status}", *(headers or [f"Content-Length: {len(body)}"])]
    return "\r\n".join([*lines, "", ""]).encode() + body


HONEST, FORGED = response(b"honest"), response(b"forged")


def chunks(body: bytes, trailer: bytes = b"") -> bytes:
    return b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(body), body, trailer)


Client = tuple[Callable[[str, str], bytes], Callable[[str], Any]]
"""Functions that send a request (method, URL) and return its body, and that return the connection pool of a URL."""
OpenClient = Callable[[], AbstractContextManager[Client]]


@contextmanager
def other_services() -> Iterator[Client]:
    connections = Connections()
    yield (
        lambda method, url: connections.exchange(method, url, max_bytes=LIMIT)[1],
        lambda url: connections._manager("").connection_from_url(url),
    )
    for each in connections._managers.values():
        each.clear()


@contextmanager
def aws() -> Iterator[Client]:
    aws_transport = AwsTransport()

    def send(method: str, url: str) -> bytes:
        body: bytes = aws_transport.send(AWSRequest(method=method, url=url, headers={}, data=b"").prepare()).content
        return body

    yield send, aws_transport.pool
    for each in aws_transport._sessions.values():
        each.close()


EACH_CLIENT = pytest.mark.parametrize("client", [other_services, aws])
Serve = Callable[[ScriptedServer], str]
"""Puts a server at the URL that it returns."""


@pytest.fixture(scope="module", params=["http", "https"])
def serve(
    request: pytest.FixtureRequest, authority: InspectingAuthority, server_tls: ssl.SSLContext
) -> Iterator[Serve]:
    """Over http and https. At most one server is used at a time."""
    current = ScriptedServer([])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await current.serve(reader, writer)

    with (
        pytest.MonkeyPatch.context() as patch,
        serve_streams(answer, tls=server_tls if request.param == "https" else None) as port,
    ):

        def start(server: ScriptedServer) -> str:
            nonlocal current
            current = server
            return f"{request.param}://localhost:{port}"

        patch.setenv("GATE_CA_BUNDLE", str(authority.pem))
        patch.setenv("NO_PROXY", "localhost")
        tls_context.cache_clear()
        yield start
    tls_context.cache_clear()
