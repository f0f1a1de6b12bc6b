"""Forwards requests and WebSocket frames to a notebook's server; each frame needs permission."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict
from yarl import URL

Permit = Callable[[], Awaitable[bool]]
"""Returns whether a frame may pass. It is called for every frame."""

NOT_PERMITTED = 1008
"""The close code "policy violation" (RFC 6455 §7.4.1)."""

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
     "upgrade"}
)  # fmt: skip
"""Headers that a proxy does not forward (RFC 9110 §7.6.1)."""


async def forward(incoming: web.BaseRequest, socket: Path) -> web.StreamResponse:
    """Stream the request to the server at `socket`, and its answer back. Raises `aiohttp.ClientError`."""
    connector = aiohttp.UnixConnector(path=str(socket))
    async with (
        aiohttp.ClientSession(connector=connector, auto_decompress=False) as session,
        session.request(
            incoming.method,
            _url(incoming),
            headers=end_to_end(incoming.headers),
            data=incoming.content if incoming.can_read_body else None,
            allow_redirects=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        ) as answer,
    ):
        response = web.StreamResponse(status=answer.status, headers=end_to_end(answer.headers))
        await response.prepare(incoming)
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response


async def relay(incoming: web.BaseRequest, socket: Path, permit: Permit) -> web.StreamResponse:
    """Connect the WebSocket to the server at `socket`. A frame without permission closes both sides.

    Raises `aiohttp.ClientError`, as `forward` does, when the server can't be reached or refuses.
    """
    offered = [name.strip() for name in incoming.headers.get("Sec-WebSocket-Protocol", "").split(",") if name.strip()]
    headers = end_to_end(incoming.headers)
    for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
        headers.popall(name, None)
    connector = aiohttp.UnixConnector(path=str(socket))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect(
            _url(incoming), protocols=offered, headers=headers, max_msg_size=0, autoping=False
        ) as server,
    ):
        chosen = [server.protocol] if server.protocol else []
        browser = web.WebSocketResponse(protocols=chosen, max_msg_size=0, autoping=False)
        await browser.prepare(incoming)
        directions = [asyncio.ensure_future(_copy_frames(browser, server, permit))]
        directions += [asyncio.ensure_future(_copy_frames(server, browser, permit))]
        done, pending = await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        for direction in pending:
            direction.cancel()
        code = next(iter(done)).result()
        await asyncio.gather(browser.close(code=code), server.close(code=code), return_exceptions=True)
    return browser


Side = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _copy_frames(source: Side, target: Side, permit: Permit) -> int:
    """Copy frames until `source` closes or a frame is not permitted; return the code to close with."""
    async for message in source:
        if not await permit():
            return NOT_PERMITTED
        match message.type:
            case WSMsgType.TEXT:
                await target.send_str(message.data)
            case WSMsgType.BINARY:
                await target.send_bytes(message.data)
            case WSMsgType.PING:
                await target.ping(message.data)
            case WSMsgType.PONG:
                await target.pong(message.data)
    return source.close_code or aiohttp.WSCloseCode.GOING_AWAY


def _url(incoming: web.BaseRequest) -> URL:
    # The path is kept as received: decoding and encoding it again can change it.
    return URL(f"http://{incoming.host}{incoming.raw_path}", encoded=True)


def end_to_end(headers: "CIMultiDict[str] | aiohttp.typedefs.LooseHeaders") -> "CIMultiDict[str]":
    """Return `headers` without those that concern one connection alone."""
    kept: CIMultiDict[str] = CIMultiDict(headers)
    for name in _HOP_BY_HOP:
        kept.popall(name, None)
    return kept
