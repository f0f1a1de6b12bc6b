"""A SOCKS proxy (RFC 1928) that gives a browser another source address on loopback."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from local.streams import connected, relay, serve_streams


@contextmanager
def socks_proxy(address: str) -> Iterator[str]:
    """Serve a proxy that connects to loopback ports from `address`; yields the URL for the browser's settings."""

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Browsers open connections in advance, and may never use them.
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        _, _, _, kind = await reader.readexactly(4)
        # Every host name stands for loopback.
        await reader.readexactly({1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0])
        port = int.from_bytes(await reader.readexactly(2))
        async with connected("127.0.0.1", port, local_addr=(address, 0)) as (theirs, ours):
            writer.write(b"\x05\x00\x00\x01" + bytes(6))
            await relay((reader, ours), (theirs, writer))

    with serve_streams(connect) as port:
        yield f"socks5://127.0.0.1:{port}"
