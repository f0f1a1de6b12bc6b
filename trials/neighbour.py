"""Stands between the gate and one of its neighbours, and misbehaves as told; without a fault all passes."""

import asyncio
import json
import socket
import struct
from enum import StrEnum
from urllib.parse import urlsplit

from local.streams import EventLoopThread, StreamServer, connected


class Fault(StrEnum):
    """How a neighbour can fail."""

    REFUSED = "connection refused"
    RESET = "connection reset"
    SILENT = "no answer"
    TRICKLE = "slow trickle"
    ERROR = "500"
    THROTTLED = "throttled"
    MALFORMED = "malformed body"
    EMPTY = "empty object"
    TRUNCATED = "truncated body"
    SKEWED = "clocks apart"


_CODES = {Fault.ERROR: (500, "InternalFailure"), Fault.THROTTLED: (400, "ThrottlingException"),
          Fault.SKEWED: (403, "RequestTimeTooSkewed")}  # fmt: skip
_NONSENSE = b"<html><body>The service is being looked after.</body>"
_BETWEEN_BYTES = 0.05
"""Seconds; a thousand bytes then take most of a minute, and no socket's time-out is ever reached."""


class Neighbour:
    """A proxy in front of one neighbour."""

    def __init__(self, name: str, target: str):
        """`target`: the neighbour's address, `http://host:port…`."""
        self.name = name
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._path = parts.path
        self._fault: Fault | None = None
        self.calls = 0
        """How many requests came."""
        self._loop = EventLoopThread(f"neighbour {name}")
        self._server = StreamServer(self._loop, self._answer)
        self._server.listen()

    @property
    def url(self) -> str:
        """Where the gate finds it."""
        return f"http://127.0.0.1:{self._server.port}{self._path}"

    def misbehave(self, fault: Fault | None) -> None:
        """Fail like `fault` from now on; None: behave."""
        self._fault = fault
        # Connections that were kept are not to be better off than new ones.
        self._server.hang_up()
        if fault is not Fault.REFUSED:
            self._server.listen()

    def close(self) -> None:
        """Stop."""
        self._server.hang_up()
        self._loop.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.calls += 1
        fault = self._fault
        if fault is Fault.RESET:
            plug: socket.socket = writer.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if fault is Fault.SILENT:
            await asyncio.sleep(60)
            return
        if fault in _CODES:
            writer.write(self._refusal(*_CODES[fault], headers))
        elif fault is Fault.MALFORMED:
            writer.write(_whole(200, "text/html", _NONSENSE))
        elif fault is Fault.EMPTY:
            writer.write(_whole(200, "application/json", b"{}"))
        else:
            await self._relay(lines, body, writer, fault)
        await writer.drain()

    async def _relay(self, lines: list[str], body: bytes, writer: asyncio.StreamWriter, fault: Fault | None) -> None:
        async with connected(*self._target) as (theirs, ours):
            kept = [line for line in lines if line and not line.lower().startswith("connection:")]
            ours.write("\r\n".join([*kept, "Connection: close", "", ""]).encode("latin-1") + body)
            answer = await theirs.read()
        head, _, rest = answer.partition(b"\r\n\r\n")
        if fault is Fault.TRUNCATED:
            # The length is that of the whole.
            answer = head + b"\r\n\r\n" + rest[: len(rest) // 2]
        if fault is not Fault.TRICKLE:
            writer.write(answer)
            return
        for byte in answer:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(_BETWEEN_BYTES)

    def _refusal(self, status: int, code: str, headers: dict[str, str]) -> bytes:
        if self.name == "sts":
            xml = f"<ErrorResponse><Error><Code>{code}</Code><Message>x</Message></Error></ErrorResponse>"
            return _whole(status, "text/xml", xml.encode())
        if self.name in ("issuer", "slack"):
            status = 429 if code == "ThrottlingException" else 500
            return _whole(status, "application/json", b'{"ok": false, "error": "ratelimited"}')
        kind = headers.get("content-type", "application/json")
        return _whole(status, kind, json.dumps({"__type": code, "message": "x"}).encode())


def _whole(status: int, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
