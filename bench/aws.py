"""AWS on loopback, as fast as Python can answer: `python -m bench.aws` serves on ports of its own and says which.

One port answers at once, the other after a while; both know any number of grants, found by their key as in DynamoDB.
What was called is counted, by port: `GET /calls` tells and forgets it.
"""

import argparse
import asyncio
import json
from collections import Counter
from functools import partial
from typing import Any

PERSON, NOTEBOOK = "person{}@example.com", "notebook-{}"
KEY = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
"""What signs the contestants' cookies."""

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
    """Rows by partition key: as many as there are, each is found in one step."""

    def __init__(self, number: int):
        self._rows = {f"user:{PERSON.format(each)}": NOTEBOOK.format(each) for each in range(number)}

    def row(self, principal: str, notebook: str) -> dict[str, Any] | None:
        """Return a grant's row."""
        if self._rows.get(principal) != notebook:
            return None
        return {"principal": {"S": principal}, "notebook": {"S": notebook}}


class Calls(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, grants: Grants, counts: Counter[str], delay: float):
        """`delay`: seconds before each answer."""
        self._grants = grants
        self._counts = counts
        self._delay = delay
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
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
            kind, body = self._answer(headers.get("x-amz-target", ""), rest[:length])
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._send, kind, body)
            else:
                self._send(kind, body)

    def _answer(self, target: str, body: bytes) -> tuple[str, bytes]:
        operation = target.rpartition(".")[2] or "AssumeRole"
        self._counts[operation] += 1
        if operation == "AssumeRole":
            return "text/xml", _STS
        given = json.loads(body)
        answer: dict[str, Any] = {}
        match operation:
            case "GetSecretValue" if given.get("VersionStage", "AWSCURRENT") == "AWSCURRENT":
                answer = {"SecretString": KEY, "CreatedDate": 1_790_000_000.0}
            case "ExecuteStatement":
                principal, notebook = (value["S"] for value in given["Parameters"])
                row = self._grants.row(principal, notebook)
                answer = {"Items": [row] if row else []}
            case "BatchGetItem":
                ((table, asked),) = given["RequestItems"].items()
                rows = [self._grants.row(key["principal"]["S"], key["notebook"]["S"]) for key in asked["Keys"]]
                answer = {"Responses": {table: [row for row in rows if row]}, "UnprocessedKeys": {}}
            case "GetItem":
                row = self._grants.row(given["Key"]["principal"]["S"], given["Key"]["notebook"]["S"])
                answer = {"Item": row} if row else {}
            case "CreatePresignedNotebookInstanceUrl":
                answer = {"AuthorizedUrl": _URL}
        return "application/x-amz-json-1.1", json.dumps(answer).encode()

    def _send(self, kind: str, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nx-amzn-RequestId: 1\r\n\r\n"
        self._transport.write(head.encode() + body)


async def _serve(grants: Grants, delays: list[float]) -> None:
    loop = asyncio.get_running_loop()
    ports = []
    for delay in delays:
        counts: Counter[str] = Counter()
        server = await loop.create_server(partial(Calls, grants, counts, delay), "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--grants", type=int, default=1000)
    parser.add_argument("--delays", type=float, nargs="+", default=[0.0], help="seconds, one port each")
    arguments = parser.parse_args()
    asyncio.run(_serve(Grants(arguments.grants), arguments.delays))
