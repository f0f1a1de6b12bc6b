"""Stands between the gate and one of its neighbours, and misbehaves as told; without a fault all passes."""

import asyncio
import json
import socket
import struct
import threading
from enum import StrEnum
from urllib.parse import urlsplit


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
        self._open: set[asyncio.StreamWriter] = set()
        self.calls = 0
        """How many requests came."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._port = 0
        self._server: asyncio.Server | None = None
        self._do(self._listen())

    @property
    def url(self) -> str:
        """Where the gate finds it."""
        return f"http://127.0.0.1:{self._port}{self._path}"

    def misbehave(self, fault: Fault | None) -> None:
        """Fail like `fault` from now on; None: behave."""
        self._do(self._change(fault))

    def close(self) -> None:
        """Stop."""
        self._do(self._hang_up())
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: "asyncio._CoroutineLike[None]") -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()

    async def _end(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # in which what was closed goes

    async def _change(self, fault: Fault | None) -> None:
        self._fault = fault
        # Connections that were kept are not to be better off than new ones.
        await self._hang_up()
        if fault is not Fault.REFUSED:
            await self._listen()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

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
        theirs, ours = await asyncio.open_connection(*self._target)
        kept = [line for line in lines if line and not line.lower().startswith("connection:")]
        ours.write("\r\n".join([*kept, "Connection: close", "", ""]).encode("latin-1") + body)
        answer = await theirs.read()
        ours.close()
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
