"""The deadline bounds calls through proxies that are slow or never respond."""

import asyncio
import ssl
import time
from typing import Any

import pytest

from gate.platform.deadline import RESERVE, request_deadline
from gate.values.errors.upstream import AwsError, IdentityProviderDownError
from local.streams import serve_streams
from tests.unit.platform.proxy import EACH_DEPENDENCY, FOREVER, Proxy, aws_caller, issuer_caller


async def _refuses_tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


async def _sends_slow_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Padding: x\r\n" * 1000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.2)


@EACH_DEPENDENCY
@pytest.mark.parametrize("behaviour", [_refuses_tunnel, _sends_slow_headers])
def test_the_deadline_bounds_a_proxy_that_opens_no_tunnel(
    environment: None,
    caller: Any,
    host: str,
    error: type[Exception],
    behaviour: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (
        "gate.platform.transport.CONNECT_TIMEOUT",
        "gate.platform.transport.READ_TIMEOUT",
        "gate.slack.api.CALL_TIMEOUT",
    ):
        monkeypatch.setattr(name, 10 * FOREVER)
    with serve_streams(behaviour) as port, caller() as call:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        started = time.monotonic()
        with request_deadline((RESERVE + 0.5) * 1000), pytest.raises(error):
            call()
        assert time.monotonic() - started < FOREVER


async def _sends_slow_handshake(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # The header of a TLS record of 16 KB (RFC 8446 §5.1), and then its bytes, one by one.
    writer.write(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    for _ in range(16_000):
        writer.write(b"\x00")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(("caller", "error"), [(aws_caller, AwsError), (issuer_caller, IdentityProviderDownError)])
def test_the_deadline_bounds_a_slow_handshake(
    proxy: Proxy, caller: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gate.platform.transport.CONNECT_TIMEOUT", "gate.platform.transport.READ_TIMEOUT"):
        monkeypatch.setattr(name, 10 * FOREVER)
    with serve_streams(_sends_slow_handshake) as slow, caller() as call:
        proxy.port = slow
        started = time.monotonic()
        with request_deadline((RESERVE + 2) * 1000), pytest.raises(error):
            call()
        assert time.monotonic() - started < FOREVER
    assert proxy.requests


async def _never_responds(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize(("caller", "error"), [(aws_caller, AwsError), (issuer_caller, IdentityProviderDownError)])
def test_the_deadline_bounds_a_response_through_a_tls_proxy(
    server_tls: ssl.SSLContext, environment: None, caller: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gate.platform.transport.CONNECT_TIMEOUT", "gate.platform.transport.READ_TIMEOUT"):
        monkeypatch.setattr(name, 10 * FOREVER)
    with (
        serve_streams(_never_responds, tls=server_tls) as silent,
        serve_streams(Proxy(silent).serve, tls=server_tls) as port,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{port}")
        started = time.monotonic()
        with caller() as call, request_deadline((RESERVE + 2) * 1000), pytest.raises(error):
            call()
        assert time.monotonic() - started < FOREVER
