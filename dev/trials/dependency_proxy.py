"""A proxy between the gate and one dependency, which injects faults. Without a fault it relays all requests."""

import asyncio
import json
import socket
import struct
from enum import StrEnum
from urllib.parse import urlsplit

from local.streams import EventLoopThread, StreamServer, connected


class Fault(StrEnum):
    """The ways in which a dependency can fail."""

    REFUSED = "connection refused"
    RESET = "connection reset"
    SILENT = "no response"
    TRICKLE = "slow trickle"
    ERROR = "500"
    THROTTLED = "throttled"
    MALFORMED = "malformed body"
    EMPTY = "empty object"
    TRUNCATED = "truncated body"
    SKEWED = "clock skew"
    QUOTA = "instance quota used up"
    PACKED = "session policy too large"
    NEW_ROLE = "launch role too new"


_DEPENDENCY_OF = {Fault.QUOTA: "sagemaker", Fault.PACKED: "sts", Fault.NEW_ROLE: "sts"}
"""The only dependency that has the fault."""


def faults_of(dependency: str) -> list[Fault]:
    """Return the ways in which `dependency` can fail."""
    return [fault for fault in Fault if _DEPENDENCY_OF.get(fault, dependency) == dependency]


_ERROR_CODES = {Fault.ERROR: (500, "InternalFailure"), Fault.THROTTLED: (400, "ThrottlingException"),
                Fault.SKEWED: (403, "RequestTimeTooSkewed"), Fault.QUOTA: (400, "ResourceLimitExceeded"),
                Fault.PACKED: (400, "PackedPolicyTooLarge"), Fault.NEW_ROLE: (403, "AccessDenied")}  # fmt: skip
_HTML = b"<html><body>This service is under maintenance.</body>"
_BYTE_INTERVAL = 0.05
"""Seconds between two bytes: short enough for every socket time-out, and a thousand bytes take most of a minute."""


class DependencyProxy:
    """A proxy in front of one dependency."""

    def __init__(self, name: str, target: str):
        """`target`: the address of the dependency, `http://host:port…`."""
        self.name = name
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._path = parts.path
        self._fault: Fault | None = None
        self.calls = 0
        """How many requests the proxy has received."""
        self._loop = EventLoopThread(f"proxy {name}")
        self._server = StreamServer(self._loop, self._answer)
        self._server.listen()

    @property
    def url(self) -> str:
        """The address at which the gate reaches the dependency."""
        return f"http://127.0.0.1:{self._server.port}{self._path}"

    def inject(self, fault: Fault | None) -> None:
        """Fail with `fault` from now on; None: relay again."""
        self._fault = fault
        # The fault must apply to kept connections as well.
        self._server.hang_up()
        if fault is not Fault.REFUSED:
            self._server.listen()

    def close(self) -> None:
        """Close all connections and stop."""
        self._server.close()
        self._loop.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.calls += 1
        fault = self._fault
        if fault is Fault.RESET:
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if fault is Fault.SILENT:
            await asyncio.sleep(60)
            return
        if fault in _ERROR_CODES:
            writer.write(self._error_response(*_ERROR_CODES[fault], headers))
        elif fault is Fault.MALFORMED:
            writer.write(_response(200, "text/html", _HTML))
        elif fault is Fault.EMPTY:
            writer.write(_response(200, "application/json", b"{}"))
        else:
            await self._relay(lines, body, writer, fault)
        await writer.drain()

    async def _relay(self, lines: list[str], body: bytes, writer: asyncio.StreamWriter, fault: Fault | None) -> None:
        async with connected(*self._target) as (target_reader, target_writer):
            relayed = [line for line in lines if line and not line.lower().startswith("connection:")]
            target_writer.write("\r\n".join([*relayed, "Connection: close", "", ""]).encode("latin-1") + body)
            response = await target_reader.read()
        head, _, rest = response.partition(b"\r\n\r\n")
        if fault is Fault.TRUNCATED:
            # Content-Length stays that of the whole body.
            response = head + b"\r\n\r\n" + rest[: len(rest) // 2]
        if fault is not Fault.TRICKLE:
            writer.write(response)
            return
        for byte in response:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(_BYTE_INTERVAL)

    def _error_response(self, status: int, code: str, headers: dict[str, str]) -> bytes:
        if self.name == "sts":
            xml = f"<ErrorResponse><Error><Code>{code}</Code><Message>x</Message></Error></ErrorResponse>"
            return _response(status, "text/xml", xml.encode())
        if self.name in ("issuer", "slack"):
            status = 429 if code == "ThrottlingException" else 500
            return _response(status, "application/json", b'{"ok": false, "error": "ratelimited"}')
        content_type = headers.get("content-type", "application/json")
        return _response(status, content_type, json.dumps({"__type": code, "message": "x"}).encode())


def _response(status: int, content_type: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} x\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
