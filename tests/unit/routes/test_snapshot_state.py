"""What SnapStart's snapshot must not contain: credentials, connections and random state.

All instances start from one snapshot, and it is kept for weeks (Lambda developer guide, "Handling uniqueness with
Lambda SnapStart" and "Best practices for working with Lambda SnapStart").
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from local.serving import serve_http
from testing.environment import ENVIRON

ROOT = Path(__file__).parents[3]

SCRIPT = """
import json, os, random, sys
import gate.bootstrap
from gate.container import get_gate
from snapshot_restore_py import get_after_restore, get_before_snapshot

for function, arguments, options in get_before_snapshot():
    function(*arguments, **options)
before = random.getstate()
print("snapshot", flush=True)
input()
for function, arguments, options in get_after_restore():
    function(*arguments, **options)
print(random.getstate() != before, flush=True)
get_gate().aws.open_connections()
list(get_gate().table.get([{"principal": {"S": "x"}, "notebook": {"S": "x"}}]))
"""


class _Aws(BaseHTTPRequestHandler):
    requests: list[str]
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        self.requests.append("connection")
        super().setup()

    def do_GET(self) -> None:
        self.requests.append("credentials")
        keys = {"AccessKeyId": "AKIAFROMCONTAINER", "SecretAccessKey": "x", "Token": "x"}
        self._send({**keys, "Expiration": "2099-01-01T00:00:00Z"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.requests.append(self.headers["Authorization"].partition("Credential=")[2].partition("/")[0])
        self._send({"Responses": {"grants": []}, "UnprocessedKeys": {}})

    def _send(self, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def started() -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A function that has run the hooks before the snapshot, and what it has asked for."""
    requests: list[str] = []
    server = serve_http(type("Handler", (_Aws,), {"requests": requests}))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **ENVIRON,
        "GATE_ISSUER": "https://nobody.invalid",
        "PYTHONPATH": str(ROOT / "lambda"),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": server.url,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/credentials",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "snapshot\n"
        yield process, requests
        process.kill()
    server.close()


def test_the_snapshot_holds_no_credentials_no_connection_and_no_random_state(
    started: tuple[subprocess.Popen[str], list[str]],
) -> None:
    process, requests = started
    assert requests == []
    output, _ = process.communicate("go\n", timeout=60)
    assert output.splitlines()[-1] == "True", output
    # The first call finds the credentials of this instance.
    assert "credentials" in requests
    assert "AKIAFROMCONTAINER" in requests
