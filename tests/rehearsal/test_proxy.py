"""The rehearsal's proxy answers under every name, and tells who asks by the address that they come by."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from aiohttp import web

from rehearsal.browser import Browser
from rehearsal.certificates import Authority
from rehearsal.proxy import TlsProxy


async def _answer(incoming: web.BaseRequest, host: str, client: str) -> web.StreamResponse:
    body = await incoming.content.read()
    return web.Response(text=f"{incoming.method} {host}{incoming.raw_path} {client} {len(body)}")


async def _nothing() -> None:
    pass


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def proxy(authority: Authority) -> Iterator[TlsProxy]:
    proxy = TlsProxy(authority, _answer, addresses=("127.0.0.1", "127.0.0.2"))
    yield proxy
    proxy.close(_nothing)


def test_each_host_is_answered_as_itself(proxy: TlsProxy, authority: Authority) -> None:
    with Browser(proxy=proxy.url("127.0.0.1"), authority=authority.path) as browser:
        large = b"x" * 3_000_000
        answers = [browser.get("https://sts.amazonaws.com/a%2Fb").text]
        answers += [browser.post("https://b.s3.eu-west-1.amazonaws.com/", data=large).text]
    assert answers == [
        "GET sts.amazonaws.com/a%2Fb 127.0.0.1 0",
        f"POST b.s3.eu-west-1.amazonaws.com/ 127.0.0.1 {len(large)}",
    ]


def test_who_asks_is_told_by_the_address_that_they_come_by(proxy: TlsProxy, authority: Authority) -> None:
    with Browser(proxy=proxy.url("127.0.0.2"), authority=authority.path) as browser:
        assert browser.get("https://sts.amazonaws.com/").text == "GET sts.amazonaws.com/ 127.0.0.2 0"


def test_nobody_else_trusts_its_authority(proxy: TlsProxy) -> None:
    with requests.Session() as session, pytest.raises(requests.exceptions.SSLError):
        session.get("https://sts.amazonaws.com/", proxies={"https": proxy.url("127.0.0.1")}, timeout=30)


def test_only_tunnels_are_taken(proxy: TlsProxy) -> None:
    address, _, port = proxy.url("127.0.0.1").removeprefix("http://").partition(":")
    with socket.create_connection((address, int(port)), timeout=30) as connection:
        connection.sendall(b"GET http://sts.amazonaws.com/ HTTP/1.1\r\nHost: sts.amazonaws.com\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 405 ")
