"""A connection is used again only after the end of its response, so that no leftover byte becomes the next response."""

import gzip
import select
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from gate.platform import transport
from gate.slack.api import SlackApi
from testing.resetting_server import TIMEOUT
from tests.unit.scripted import (
    BUFFER,
    CHUNKED,
    EACH_CLIENT,
    FORGED,
    HONEST,
    OpenClient,
    Reply,
    ScriptedServer,
    Serve,
    chunks,
    response,
)

BODY = b"x" * 100
PACKED = gzip.compress(BODY)


def followed(complete: bytes) -> bytes:
    """Return `complete`, and a forged response that http.client does not read ahead."""
    return complete + b"x" * (BUFFER - len(complete)) + FORGED


def sockets(pool: Any) -> list[Any]:
    """Return the open sockets in `pool`."""
    return [each.sock for each in pool.pool.queue if each and each.sock]


COMPLETE = {
    "length": ("GET", response(BODY)),
    "no body": ("GET", response(b"")),
    "chunked": ("GET", response(chunks(BODY), CHUNKED)),
    "empty, chunked": ("GET", response(b"0\r\n\r\n", CHUNKED)),
    "trailer": ("GET", response(chunks(BODY, b"Expires: 0\r\nX-Check: 1\r\n"), CHUNKED)),
    "compressed": ("GET", response(PACKED, "Content-Encoding: gzip", f"Content-Length: {len(PACKED)}")),
    "compressed, chunked": ("GET", response(chunks(PACKED), "Content-Encoding: gzip", CHUNKED)),
    "error of the client": ("GET", response(BODY, status="404 Not Found")),
    "error of the server": ("GET", response(BODY, status="500 Internal Server Error")),
    "continue": ("GET", b"HTTP/1.1 100 Continue\r\n\r\n" + response(BODY)),
    "204": ("GET", response(b"", "X: 1", status="204 No Content")),
    "304": ("GET", response(b"", "Content-Length: 100", status="304 Not Modified")),
    "HEAD": ("HEAD", response(b"", "Content-Length: 100")),
    "HEAD, chunked": ("HEAD", response(b"", CHUNKED)),
}
EACH_COMPLETE = pytest.mark.parametrize(("method", "complete"), COMPLETE.values(), ids=COMPLETE)


@EACH_CLIENT
@EACH_COMPLETE
def test_a_connection_is_used_again_after_a_complete_response(
    serve: Serve, client: OpenClient, method: str, complete: bytes
) -> None:
    server = ScriptedServer([Reply(complete), Reply(HONEST)])
    url = serve(server)
    with client() as (send, _):
        send(method, url)
        assert send("GET", url) == b"honest"
    assert server.connections == 1


@EACH_CLIENT
@EACH_COMPLETE
@pytest.mark.parametrize("follow", [followed, lambda complete: complete + b"\n"])
def test_a_connection_with_surplus_bytes_is_not_used_again(
    serve: Serve,
    client: OpenClient,
    method: str,
    complete: bytes,
    follow: Callable[[bytes], bytes],
) -> None:
    server = ScriptedServer([Reply(follow(complete)), Reply(HONEST)])
    url = serve(server)
    with client() as (send, _):
        send(method, url)
        assert send("GET", url) == b"honest"
    assert server.connections == 2


@EACH_CLIENT
@EACH_COMPLETE
def test_a_connection_on_which_surplus_bytes_arrive_later_is_not_used_again(
    serve: Serve, client: OpenClient, method: str, complete: bytes
) -> None:
    server = ScriptedServer([Reply(complete, later=FORGED), Reply(HONEST)])
    url = serve(server)
    with client() as (send, pool):
        send(method, url)
        (idle,) = sockets(pool(url))
        server.send_rest()
        assert select.select([idle], [], [], TIMEOUT)[0]
        assert send("GET", url) == b"honest"
    assert server.connections == 2


@EACH_CLIENT
@pytest.mark.parametrize(
    "reply",
    [
        # http.client takes an interim response for the final one, which comes when the server has worked it out.
        Reply(b"HTTP/1.1 103 Early Hints\r\n\r\n", later=FORGED),
        Reply(b"HTTP/1.1 102 Processing\r\n\r\n" + FORGED),
        # Two statements of the length (RFC 9112 §6.3): readers between the server and the gate may choose the other.
        Reply(response(chunks(BODY), CHUNKED, "Content-Length: 100"), later=FORGED),
        Reply(response(chunks(BODY), "Transfer-Encoding: x, chunked", f"Content-Length: {len(chunks(BODY))}"), FORGED),
        Reply(response(BODY, "Connection: close", "Content-Length: 100"), later=FORGED),
    ],
)
def test_a_connection_is_not_used_again_after_a_response_without_a_certain_end(
    serve: Serve, client: OpenClient, reply: Reply
) -> None:
    server = ScriptedServer([reply, Reply(HONEST)])
    url = serve(server)
    with client() as (send, _):
        send("GET", url)
        assert send("GET", url) == b"honest"
    assert server.connections == 2


@EACH_CLIENT
def test_bytes_that_arrive_before_the_first_request_are_not_its_response(
    serve: Serve, client: OpenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a connection that was opened in advance. The session tickets of TLS 1.3 come then, too."""
    monkeypatch.setattr(transport, "time", SimpleNamespace(time=lambda: 1.0))  # it is never idle for too long
    server = ScriptedServer([Reply(HONEST)], greeting=FORGED)
    url = serve(server)
    with client() as (send, pool):
        connection = pool(url)._get_conn()
        connection.connect()
        pool(url)._put_conn(connection)
        end = time.monotonic() + TIMEOUT
        while connection.is_connected and time.monotonic() < end:
            time.sleep(0.01)  # until the bytes arrive
        assert send("GET", url) == b"honest"
    assert server.connections == 2


def test_a_connection_to_slack_is_not_used_again(serve: Serve) -> None:
    found = response(b'{"ok": true, "user": {"id": "U0ALICE"}}')
    server = ScriptedServer([Reply(found + found.replace(b"ALICE", b"BOBBY"), later=FORGED), Reply(found)])
    api = SlackApi(token=lambda: "xoxb-1", api_url=f"{serve(server)}/api/", hooks_urls=())
    assert [api.user("U0ALICE")["id"] for _ in range(2)] == ["U0ALICE", "U0ALICE"]
    assert server.connections == 2
