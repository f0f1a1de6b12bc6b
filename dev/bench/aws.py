"""A stub of AWS on loopback, over TLS 1.3: `python -m bench.aws CERTIFICATE` prints the ports on which it listens.

Each port has its own round-trip time. A new connection takes two round trips, one for TCP's handshake (RFC 9293 §3.5)
and one for that of TLS (RFC 8446 §2). Each call takes one more. All ports share any number of grants, which are found
by their key as in DynamoDB. Calls and new connections are recorded for each port; a GET request returns the records and
resets them.
"""

import argparse
import asyncio
import json
import selectors
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

EMAIL, NOTEBOOK = "person{}@example.com", "notebook-{}"
KEY = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
"""The key that signs the cookies of all contestants."""

_CREDENTIALS = {
    "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
    "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "SessionToken": "FwoGZXIvYXdzE" + "x" * 900,
    "Expiration": "2099-01-01T00:00:00Z",
}
_STS = (
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
    + "".join(f"<{name}>{value}</{name}>" for name, value in _CREDENTIALS.items())
    + "</Credentials><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role"
    "/launch/x</Arn></AssumedRoleUser></AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
    "</AssumeRoleResponse>"
).encode()
_URL = "https://notebook-1.notebook.eu-west-1.sagemaker.aws?authToken=" + "x" * 1800


class Grants:
    """The grants table: rows are found by their key in constant time, however many there are."""

    def __init__(self, number: int):
        self._rows = {f"user:{EMAIL.format(each)}": NOTEBOOK.format(each) for each in range(number)}

    def row(self, principal: str, notebook: str) -> dict[str, Any] | None:
        """Return the row of a grant, None if there is none."""
        if self._rows.get(principal) != notebook:
            return None
        return {"principal": {"S": principal}, "notebook": {"S": notebook}}


@dataclass
class Record:
    """The calls and TLS handshakes at one port."""

    calls: Counter[str] = field(default_factory=Counter)
    """The number of calls by operation."""
    handshakes: list[tuple[float, float]] = field(default_factory=list)
    """For each new connection, when it was accepted and when its TLS handshake was complete, in seconds."""


class AwsConnection(asyncio.Protocol):
    """The server's side of a connection before TLS: it delays both handshakes, then hands over to `AwsProtocol`.

    The client has sent its first TLS message when the connection is accepted, because the system completes TCP's
    handshake at once. The stub reads the message two round trips later.
    """

    def __init__(self, port: "Port"):
        self._port = port
        self._accepted = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for two round trips, then begin TLS."""
        assert isinstance(transport, asyncio.Transport)
        loop = asyncio.get_running_loop()
        # Later, because Python 3.11 begins to read after this method, even if it pauses reading (CPython 99941).
        loop.call_soon(transport.pause_reading)
        self._task = loop.create_task(self._secure(transport))

    async def _secure(self, transport: asyncio.Transport) -> None:
        await asyncio.sleep(2 * self._port.round_trip)
        protocol = AwsProtocol(self._port)
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(transport, protocol, self._port.tls, server_side=True)
        except OSError:
            return  # the client has gone, or does not trust the certificate: it reports its error itself
        self._port.record.handshakes.append((self._accepted, time.monotonic()))
        assert secured is not None
        protocol.connection_made(secured)


@dataclass
class Port:
    """The state that all connections to one port share."""

    grants: Grants
    tls: ssl.SSLContext
    round_trip: float
    """Seconds."""
    record: Record = field(default_factory=Record)


class AwsProtocol(asyncio.Protocol):
    """The server's side of one persistent connection, inside TLS."""

    def __init__(self, port: Port):
        self._port = port
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for the responses, and answer what was received before."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        """Answer each complete request."""
        self._buffer += data
        while self._transport and b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            record = self._port.record
            if first.startswith("GET"):
                self._send("application/json", json.dumps(vars(record)).encode())
                record.calls.clear()
                record.handshakes.clear()
                continue
            content_type, body = self._answer(headers.get("x-amz-target", ""), rest[:length])
            if self._port.round_trip:
                asyncio.get_running_loop().call_later(self._port.round_trip, self._send, content_type, body)
            else:
                self._send(content_type, body)

    def _answer(self, target: str, body: bytes) -> tuple[str, bytes]:
        operation = target.rpartition(".")[2] or "AssumeRole"
        self._port.record.calls[operation] += 1
        if operation == "AssumeRole":
            return "text/xml", _STS
        parameters = json.loads(body)
        answer: dict[str, Any] = {}
        match operation:
            case "GetSecretValue" if parameters.get("VersionStage", "AWSCURRENT") == "AWSCURRENT":
                answer = {"SecretString": KEY, "CreatedDate": 1_790_000_000.0}
            case "ExecuteStatement":
                principal, notebook = (value["S"] for value in parameters["Parameters"])
                row = self._port.grants.row(principal, notebook)
                answer = {"Items": [row] if row else []}
            case "BatchGetItem":
                ((table, requested),) = parameters["RequestItems"].items()
                rows = [self._port.grants.row(key["principal"]["S"], key["notebook"]["S"]) for key in requested["Keys"]]
                answer = {"Responses": {table: [row for row in rows if row]}, "UnprocessedKeys": {}}
            case "GetItem":
                row = self._port.grants.row(parameters["Key"]["principal"]["S"], parameters["Key"]["notebook"]["S"])
                answer = {"Item": row} if row else {}
            case "CreatePresignedNotebookInstanceUrl":
                answer = {"AuthorizedUrl": _URL}
        return "application/x-amz-json-1.1", json.dumps(answer).encode()

    def _send(self, content_type: str, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        assert self._transport
        self._transport.write(f"{head}x-amzn-RequestId: 1\r\n\r\n".encode() + body)


async def _serve(grants: Grants, certificate: Path, round_trips: list[float]) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.load_cert_chain(certificate)
    ports = []
    for seconds in round_trips:
        port = Port(grants, tls, seconds)
        server = await asyncio.get_running_loop().create_server(partial(AwsConnection, port), "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("certificate", type=Path, help="the PEM file of the private key and the certificates")
    parser.add_argument("--grants", type=int, default=1000)
    parser.add_argument("--round-trips", type=float, nargs="+", default=[0.0], help="in seconds, one port for each")
    arguments = parser.parse_args()
    # epoll would round each delay up to a whole millisecond.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(_serve(Grants(arguments.grants), arguments.certificate, arguments.round_trips))
