"""A server that resets connections, as a NAT gateway or a restarted server does."""

import asyncio
import socket
import struct

RESPONSE_BODY = b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"
TIMEOUT = 60.0
"""Seconds. A generous bound: nothing here waits for time to pass."""


class ResettingServer:
    """Answers requests. Resets an old connection when data arrives on it, as a NAT gateway does."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        """The methods of the requests that were answered."""
        self.opened = self.resets = 0
        self.url = ""
        self.down = False
        """Whether new connections are also reset."""
        self.together = asyncio.Barrier(1)
        """Requests are answered when this many have arrived."""
        self._generation = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writers: list[asyncio.StreamWriter] = []

    def age(self) -> None:
        """Make all open connections old."""
        self._generation += 1

    def reset(self) -> None:
        """Reset all open connections now."""
        for writer in self._writers:
            assert self._loop
            self._loop.call_soon_threadsafe(_reset, writer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._loop = asyncio.get_running_loop()
        self.opened += 1
        self._writers.append(writer)
        generation = self._generation
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if self.down or generation < self._generation:
                self.resets += 1
                _reset(writer)
                return
            length = head.partition("content-length: ")[2].partition("\r\n")[0]
            await reader.readexactly(int(length or 0))
            self.handled.append(head.partition(" ")[0].upper())
            await self.together.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(RESPONSE_BODY), RESPONSE_BODY))


def _reset(writer: asyncio.StreamWriter) -> None:
    # Closing with a linger time of zero sends a reset (socket(7), SO_LINGER).
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
