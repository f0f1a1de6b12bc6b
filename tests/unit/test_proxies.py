"""Proxies and certificate authorities of one's own, over real sockets and real TLS."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gate import transport
from gate.aws import transport as aws_transport
from gate.aws.clients import botocore_session, client
from gate.aws.errors import aws_errors
from gate.deadline import RESERVE, request_deadline
from gate.errors.slack import SlackDownError
from gate.errors.upstream import AwsError, IdentityProviderDownError
from gate.identity.issuer_api import IssuerApi
from gate.slack.api import SlackApi
from gate.tls import tls_context
from local.streams import connected, serve_streams
from tests.unit.authority import Authority

AWS, ISSUER, SLACK = "sts.eu-west-1.amazonaws.com", "login.example.com", "slack.example.com"
NAMES = [AWS, ISSUER, SLACK, "localhost"]
FOREVER = 60.0


class Proxy:
    """Leads every tunnel to one port on this machine, whatever the name; it alone knows names."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.decode().split(" ", 2)
        self.asked.append(f"{method} {target}")
        async with connected("127.0.0.1", self.to) as (far_reader, far_writer):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ways = [asyncio.create_task(_copy(reader, far_writer)), asyncio.create_task(_copy(far_reader, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def _neighbour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = head.partition("content-length: ")[2].partition("\r\n")[0]
        asked = await reader.readexactly(int(length or 0))
        body = b'{"ok": true, "user": {}}'
        if b"Action=AssumeRole" in asked:
            body = b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
        writer.write(body)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tls(authority: Authority) -> ssl.SSLContext:
    """What makes a server of this machine any of `NAMES`."""
    return authority.server(NAMES)


@pytest.fixture(scope="module")
def port(tls: ssl.SSLContext) -> Iterator[int]:
    """Where AWS, the identity provider and Slack are, all in one."""
    with serve_streams(_neighbour, tls=tls) as port:
        yield port


@pytest.fixture
def forgetful(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a process reads of its environment is read again, with the own authority in it."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATE_CA_BUNDLE", str(authority.pem))
    _forget()
    yield
    _forget()


def _forget() -> None:
    tls_context.cache_clear()
    transport._proxy_of.cache_clear()
    botocore_session.cache_clear()


@pytest.fixture
def proxy(port: int, forgetful: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    made = Proxy(port)
    with serve_streams(made.serve) as own:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{own}")
        yield made


@contextlib.contextmanager
def _aws() -> Iterator[Callable[[], None]]:
    transport = aws_transport.AwsTransport()
    given: Any = {"AccessKeyId": "x", "SecretAccessKey": "y", "SessionToken": "z"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gate.aws.clients.AwsTransport", lambda: transport)
        sts = client("sts", region="eu-west-1", credentials=given)

    def call() -> None:
        with aws_errors():
            sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="xx")

    yield call
    for each in transport._sessions.values():
        each.close()


@contextlib.contextmanager
def _issuer() -> Iterator[Callable[[], None]]:
    api = IssuerApi()
    yield lambda: _ignore(api.get("keys", f"https://{ISSUER}/keys"))
    for each in api._connections._managers.values():
        each.clear()


@contextlib.contextmanager
def _slack() -> Iterator[Callable[[], None]]:
    api = SlackApi(token=lambda: "xoxb-1", api_url=f"https://{SLACK}/api/", hooks_urls=())
    yield lambda: _ignore(api.user("U1"))


def _ignore(_answer: object) -> None:
    pass


ALL = [(_aws, AWS, AwsError), (_issuer, ISSUER, IdentityProviderDownError), (_slack, SLACK, SlackDownError)]
EACH = pytest.mark.parametrize(("making", "host", "error"), ALL)


@EACH
def test_all_calls_go_through_the_proxy(proxy: Proxy, making: Any, host: str, error: type[Exception]) -> None:
    with making() as call:
        call()
        call()
        # Slack's library keeps no connections.
        assert proxy.asked == [f"CONNECT {host}:443"] * (2 if making is _slack else 1)


@pytest.mark.parametrize("making", [_aws, _issuer])
def test_a_tls_proxy_is_verified_with_the_same_authorities(
    port: int, tls: ssl.SSLContext, forgetful: None, making: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Proxy(port)
    with serve_streams(made.serve, tls=tls) as own, making() as call:
        monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{own}")
        with request_deadline((RESERVE + FOREVER) * 1000, limit=FOREVER):
            call()
        assert len(made.asked) == 1


@pytest.mark.parametrize("no_proxy", ["localhost", ".localhost", "example.org,localhost"])
def test_no_proxy_hosts_are_called_directly(
    proxy: Proxy, port: int, no_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", no_proxy)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://localhost:{port}")
    with _aws() as call:
        call()
    api = IssuerApi()
    assert api.get("keys", f"https://localhost:{port}").status == 200
    for each in api._connections._managers.values():
        each.clear()
    SlackApi(token=lambda: "xoxb-1", api_url=f"https://localhost:{port}/api/", hooks_urls=()).user("U1")
    assert proxy.asked == []


def test_no_proxy_matches_whole_host_names_and_suffixes(forgetful: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", ".sagemaker.eu-west-1.amazonaws.com,login.example.com")
    assert transport.proxy_of("https://api.sagemaker.eu-west-1.amazonaws.com/") == ""
    assert transport.proxy_of("https://login.example.com/") == ""
    assert transport.proxy_of("https://evil-login.example.com/") == "http://proxy.example.com:3128"
    assert transport.proxy_of("http://127.0.0.1:9001/") == ""


@EACH
def test_an_unknown_authority_is_refused_and_logged(
    proxy: Proxy,
    making: Any,
    host: str,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.delenv("GATE_CA_BUNDLE")
    with making() as call, pytest.raises(error):
        call()
    assert caplog.records[-1].__dict__["code"] in {"SSLError", "SSLCertVerificationError"}


@EACH
def test_a_certificate_for_another_name_is_refused(
    proxy: Proxy,
    authority: Authority,
    making: Any,
    host: str,
    error: type[Exception],
) -> None:
    with serve_streams(_neighbour, tls=authority.server(["somebody.example.com"])) as other, making() as call:
        proxy.to = other
        with pytest.raises(error):
            call()
    assert proxy.asked


@EACH
def test_a_proxy_that_is_down_counts_as_a_dependency_that_is_down(
    forgetful: None, making: Any, host: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_streams(_neighbour) as gone:
        pass
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{gone}")
    with making() as call, pytest.raises(error):
        call()


async def _refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


async def _trickles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Padding: x\r\n" * 1000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.2)


@EACH
@pytest.mark.parametrize("behaviour", [_refuses, _trickles])
def test_the_deadline_bounds_a_proxy_that_opens_no_tunnel(
    forgetful: None,
    making: Any,
    host: str,
    error: type[Exception],
    behaviour: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("gate.transport.CONNECT_TIMEOUT", "gate.transport.READ_TIMEOUT", "gate.slack.api.CALL_TIMEOUT"):
        monkeypatch.setattr(name, 10 * FOREVER)
    with serve_streams(behaviour) as own, making() as call:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{own}")
        begun = time.monotonic()
        with request_deadline((RESERVE + 0.5) * 1000), pytest.raises(error):
            call()
        assert time.monotonic() - begun < FOREVER


async def _trickles_a_handshake(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # The head of a TLS record of 16 KB (RFC 8446 §5.1), and then its bytes, one by one.
    writer.write(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    for _ in range(16_000):
        writer.write(b"\x00")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(("making", "error"), [(_aws, AwsError), (_issuer, IdentityProviderDownError)])
def test_the_deadline_bounds_a_slow_handshake(
    proxy: Proxy, making: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gate.transport.CONNECT_TIMEOUT", "gate.transport.READ_TIMEOUT"):
        monkeypatch.setattr(name, 10 * FOREVER)
    with serve_streams(_trickles_a_handshake) as slow, making() as call:
        proxy.to = slow
        begun = time.monotonic()
        with request_deadline((RESERVE + 0.5) * 1000), pytest.raises(error):
            call()
        assert time.monotonic() - begun < FOREVER
    assert proxy.asked


async def _says_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize(("making", "error"), [(_aws, AwsError), (_issuer, IdentityProviderDownError)])
def test_the_deadline_bounds_a_response_through_a_tls_proxy(
    tls: ssl.SSLContext, forgetful: None, making: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gate.transport.CONNECT_TIMEOUT", "gate.transport.READ_TIMEOUT"):
        monkeypatch.setattr(name, 10 * FOREVER)
    with serve_streams(_says_nothing, tls=tls) as silent, serve_streams(Proxy(silent).serve, tls=tls) as own:
        monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{own}")
        begun = time.monotonic()
        with making() as call, request_deadline((RESERVE + 2) * 1000), pytest.raises(error):
            call()
        assert time.monotonic() - begun < FOREVER


def test_authorities_are_loaded_once_in_addition_to_the_systems(
    forgetful: None, authority: Authority, tmp_path: Path
) -> None:
    both = tls_context()
    assert both is tls_context()
    assert both.check_hostname
    assert both.verify_mode == ssl.CERT_REQUIRED
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GATE_CA_BUNDLE")
        tls_context.cache_clear()
        public = tls_context()
        assert public.verify_flags & ssl.VERIFY_X509_STRICT
    assert len(both.get_ca_certs()) == len(public.get_ca_certs()) + 1
