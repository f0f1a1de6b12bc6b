"""A proxy, a dependency behind it, and calls to AWS, the identity provider and Slack, with real sockets and TLS."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gate.identity.issuer_api import IssuerApi
from gate.platform import transport
from gate.platform.aws import transport as aws_transport
from gate.platform.aws.clients import aws_clients, client
from gate.platform.aws.errors import aws_errors
from gate.platform.tls import tls_context
from gate.slack.api import SlackApi
from gate.values.errors.slack import SlackDownError
from gate.values.errors.upstream import AwsError, IdentityProviderDownError
from local.streams import connected, relay, serve_streams
from testing.authority import InspectingAuthority

AWS, ISSUER, SLACK = "sts.eu-west-1.amazonaws.com", "login.example.com", "slack.example.com"
NAMES = [AWS, ISSUER, SLACK, "localhost"]
FOREVER = 60.0


class Proxy:
    """Connects every tunnel to one port on this machine, whatever the host name."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[str] = []
        """The request lines, without the protocol version."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.decode().split(" ", 2)
        self.requests.append(f"{method} {target}")
        async with connected("127.0.0.1", self.port) as (target_reader, target_writer):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await relay((reader, target_writer), (target_reader, writer))


async def dependency(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as AWS, the identity provider and Slack."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = head.partition("content-length: ")[2].partition("\r\n")[0]
        request = await reader.readexactly(int(length or 0))
        body = b'{"ok": true, "user": {}}'
        if b"Action=AssumeRole" in request:
            body = b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
        writer.write(body)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> InspectingAuthority:
    return InspectingAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server_tls(authority: InspectingAuthority) -> ssl.SSLContext:
    """The TLS context of servers on this machine, with a certificate for `NAMES`."""
    return authority.server(NAMES)


@pytest.fixture(scope="module")
def dependency_port(server_tls: ssl.SSLContext) -> Iterator[int]:
    """The port of a server that answers as AWS, the identity provider and Slack."""
    with serve_streams(dependency, tls=server_tls) as port:
        yield port


@pytest.fixture
def environment(authority: InspectingAuthority, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment without a proxy, in which the test's authority is trusted."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATE_CA_BUNDLE", str(authority.pem))
    _clear_caches()
    yield
    _clear_caches()


def _clear_caches() -> None:
    tls_context.cache_clear()
    transport._proxy_of.cache_clear()
    aws_clients.cache_clear()


@pytest.fixture
def proxy(dependency_port: int, environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The proxy in HTTPS_PROXY. It connects to `dependency`."""
    proxy = Proxy(dependency_port)
    with serve_streams(proxy.serve) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        yield proxy


@contextlib.contextmanager
def aws_caller() -> Iterator[Callable[[], None]]:
    """Yield a function that calls AWS."""
    transport = aws_transport.AwsTransport()
    credentials: Any = {"AccessKeyId": "x", "SecretAccessKey": "y", "SessionToken": "z"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gate.platform.aws.clients.AwsTransport", lambda: transport)
        sts = client("sts", region="eu-west-1", credentials=credentials)

    def call() -> None:
        with aws_errors():
            sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")

    yield call
    for each in transport._sessions.values():
        each.close()


@contextlib.contextmanager
def issuer_caller() -> Iterator[Callable[[], None]]:
    """Yield a function that calls the identity provider."""
    api = IssuerApi()
    yield lambda: _ignore(api.get("keys", f"https://{ISSUER}/keys"))
    for each in api._connections._managers.values():
        each.clear()


@contextlib.contextmanager
def slack_caller() -> Iterator[Callable[[], None]]:
    """Yield a function that calls Slack."""
    api = SlackApi(token=lambda: "xoxb-1", api_url=f"https://{SLACK}/api/", hooks_urls=())
    yield lambda: _ignore(api.user("U1"))


def _ignore(_answer: object) -> None:
    pass


DEPENDENCIES = [
    (aws_caller, AWS, AwsError),
    (issuer_caller, ISSUER, IdentityProviderDownError),
    (slack_caller, SLACK, SlackDownError),
]
EACH_DEPENDENCY = pytest.mark.parametrize(("caller", "host", "error"), DEPENDENCIES)
"""`caller`: yields a function that makes a call. `error`: what a failed call raises."""
