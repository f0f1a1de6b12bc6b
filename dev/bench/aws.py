"""A stub of AWS on loopback, over TLS 1.3: `python -m bench.aws CERTIFICATE` prints the ports on which it listens.

Each port has its own round-trip time. A new connection takes two round trips, one for TCP's handshake (RFC 9293 §3.5)
and one for that of TLS (RFC 8446 §2). Each call takes one more. All ports share any number of grants, which are found
by their key as in DynamoDB. Calls and new connections are recorded for each port; a GET request returns the records and
resets them.
"""

import argparse
import asyncio
import contextlib
import json
import selectors
import ssl
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

EMAIL, NOTEBOOK = "person{}@example.com", "notebook-{}"
KEY = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
"""The key that signs the cookies of all contestants."""

LISTED = 20
"""The notebooks of the person who sees a list of notebooks."""
LIST_EMAIL = "person-with-a-list@example.com"

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
        return _row(principal, notebook) if self._rows.get(principal) == notebook else None

    def listed(self, principals: list[str]) -> list[dict[str, Any]]:
        """Return the rows of all grants of the person with a list, if `principals` name that person."""
        owner = f"user:{LIST_EMAIL}"
        return [_row(owner, NOTEBOOK.format(number)) for number in range(LISTED)] if owner in principals else []


def _row(principal: str, notebook: str) -> dict[str, Any]:
    return {"principal": {"S": principal}, "notebook": {"S": notebook}}


@dataclass
class Record:
    """The calls and TLS handshakes at one port. Times are those of a clock that all processes share, in seconds."""

    calls: list[tuple[str, float, float]] = field(default_factory=list)
    """For each call its operation, when it had arrived, and when it was answered."""
    handshakes: list[tuple[float, float]] = field(default_factory=list)
    """For each new connection, when it was accepted and when its TLS handshake was complete."""

    @property
    def overlap(self) -> float:
        """The sum of the times of all handshakes, divided by the time that they take together. Zero without any."""
        together, end = 0.0, 0.0
        for started, ended in sorted(self.handshakes):
            together += max(0.0, ended - max(started, end))
            end = max(end, ended)
        return sum(ended - started for started, ended in self.handshakes) / together if together else 0.0


@dataclass
class Port:
    """The state that all connections to one port share."""

    grants: Grants
    tls: ssl.SSLContext
    round_trip: float
    """Seconds."""
    record: Record = field(default_factory=Record)


async def _connected(port: Port, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Delay both handshakes, then answer requests until the client closes the connection.

    The client has sent its first TLS message when the connection is accepted, because the system completes TCP's
    handshake at once. The stub reads the message two round trips later.
    """
    accepted = time.monotonic()
    transport = writer.transport
    assert isinstance(transport, asyncio.Transport)
    transport.pause_reading()
    await asyncio.sleep(2 * port.round_trip)
    # The client goes, or does not trust the certificate: it reports its error itself.
    with contextlib.closing(writer), contextlib.suppress(OSError, EOFError):
        await writer.start_tls(port.tls)
        port.record.handshakes.append((accepted, time.monotonic()))
        while True:
            await _answer_next(port, reader, writer)


async def _answer_next(port: Port, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    if first.startswith("GET"):
        content_type, answer = "application/json", json.dumps(vars(port.record)).encode()
        port.record.calls.clear()
        port.record.handshakes.clear()
    else:
        operation, arrived = headers.get("x-amz-target", "").rpartition(".")[2] or "AssumeRole", time.monotonic()
        content_type, answer = _answer(port, operation, body)
        if port.round_trip:
            await asyncio.sleep(port.round_trip)
        port.record.calls.append((operation, arrived, time.monotonic()))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(answer)}\r\n"
    writer.write(f"{head}x-amzn-RequestId: 1\r\n\r\n".encode() + answer)


def _answer(port: Port, operation: str, body: bytes) -> tuple[str, bytes]:
    if operation == "AssumeRole":
        return "text/xml", _STS
    parameters = json.loads(body)
    answer: dict[str, Any] = {}
    match operation:
        case "GetSecretValue" if parameters.get("VersionStage", "AWSCURRENT") == "AWSCURRENT":
            answer = {"SecretString": KEY, "CreatedDate": 1_790_000_000.0}
        case "ExecuteStatement" if '"notebook" = ?' in parameters["Statement"]:
            row = port.grants.row(*(value["S"] for value in parameters["Parameters"]))
            answer = {"Items": [row] if row else []}
        case "ExecuteStatement":
            answer = {"Items": port.grants.listed([value["S"] for value in parameters["Parameters"]])}
        case "BatchGetItem":
            ((table, requested),) = parameters["RequestItems"].items()
            rows = [port.grants.row(key["principal"]["S"], key["notebook"]["S"]) for key in requested["Keys"]]
            answer = {"Responses": {table: [row for row in rows if row]}, "UnprocessedKeys": {}}
        case "GetItem":
            row = port.grants.row(parameters["Key"]["principal"]["S"], parameters["Key"]["notebook"]["S"])
            answer = {"Item": row} if row else {}
        case "DescribeNotebookInstance":
            answer = {**parameters, "NotebookInstanceStatus": "InService", "InstanceType": "ml.t3.medium"}
            answer |= {"LastModifiedTime": 1_790_000_000.0}
        case "CreatePresignedNotebookInstanceUrl":
            answer = {"AuthorizedUrl": _URL}
    return "application/x-amz-json-1.1", json.dumps(answer).encode()


async def _serve(grants: Grants, certificate: Path, round_trips: list[float]) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.load_cert_chain(certificate)
    ports = []
    for seconds in round_trips:
        port = Port(grants, tls, seconds)
        server = await asyncio.start_server(partial(_connected, port), "127.0.0.1", 0)
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
