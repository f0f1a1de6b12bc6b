"""A stub of AWS on loopback, as fast as Python can be: `python -m bench.aws` prints the ports on which it listens.

Each port has its own latency. All ports share any number of grants, which are found by their key as in DynamoDB.
Calls are counted for each port; a GET request returns the counts and resets them.
"""

import argparse
import asyncio
import json
from collections import Counter
from functools import partial
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


class AwsProtocol(asyncio.Protocol):
    """The server's side of one persistent connection."""

    def __init__(self, grants: Grants, counts: Counter[str], delay: float):
        """`delay`: seconds before each answer."""
        self._grants = grants
        self._counts = counts
        self._delay = delay
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for the responses."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each complete request."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            if first.startswith("GET"):
                self._send("application/json", json.dumps(self._counts).encode())
                self._counts.clear()
                continue
            content_type, body = self._answer(headers.get("x-amz-target", ""), rest[:length])
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._send, content_type, body)
            else:
                self._send(content_type, body)

    def _answer(self, target: str, body: bytes) -> tuple[str, bytes]:
        operation = target.rpartition(".")[2] or "AssumeRole"
        self._counts[operation] += 1
        if operation == "AssumeRole":
            return "text/xml", _STS
        parameters = json.loads(body)
        answer: dict[str, Any] = {}
        match operation:
            case "GetSecretValue" if parameters.get("VersionStage", "AWSCURRENT") == "AWSCURRENT":
                answer = {"SecretString": KEY, "CreatedDate": 1_790_000_000.0}
            case "ExecuteStatement":
                principal, notebook = (value["S"] for value in parameters["Parameters"])
                row = self._grants.row(principal, notebook)
                answer = {"Items": [row] if row else []}
            case "BatchGetItem":
                ((table, requested),) = parameters["RequestItems"].items()
                rows = [self._grants.row(key["principal"]["S"], key["notebook"]["S"]) for key in requested["Keys"]]
                answer = {"Responses": {table: [row for row in rows if row]}, "UnprocessedKeys": {}}
            case "GetItem":
                row = self._grants.row(parameters["Key"]["principal"]["S"], parameters["Key"]["notebook"]["S"])
                answer = {"Item": row} if row else {}
            case "CreatePresignedNotebookInstanceUrl":
                answer = {"AuthorizedUrl": _URL}
        return "application/x-amz-json-1.1", json.dumps(answer).encode()

    def _send(self, content_type: str, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        self._transport.write(f"{head}x-amzn-RequestId: 1\r\n\r\n".encode() + body)


async def _serve(grants: Grants, delays: list[float]) -> None:
    loop = asyncio.get_running_loop()
    ports = []
    for delay in delays:
        counts: Counter[str] = Counter()
        server = await loop.create_server(partial(AwsProtocol, grants, counts, delay), "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--grants", type=int, default=1000)
    parser.add_argument("--delays", type=float, nargs="+", default=[0.0], help="latency in seconds, one port for each")
    arguments = parser.parse_args()
    asyncio.run(_serve(Grants(arguments.grants), arguments.delays))
