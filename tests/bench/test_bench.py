"""The benchmark measures what it claims to measure, and the documents show its results."""

import importlib.util
import json
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any

import jwt
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from bench import report
from bench.aws import KEY, Grants
from bench.contestants import PROFILE, contestants
from bench.cost import cost_of_a_million

ROOT = Path(__file__).parents[2]
RESULTS = json.loads((ROOT / "bench" / "results.json").read_text())
FIGURES = {
    "init_ms",
    "first_response_ms",
    "warm_ms",
    "warm_cpu_ms",
    "peak_mb",
    "bundle_mb",
    "aws_calls",
    "first_aws_calls",
}


@pytest.fixture(scope="module")
def bare() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bare", ROOT / "bench" / "contestants" / "bare" / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "x")
        patch.setenv("AWS_REGION", "eu-west-1")
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        spec.loader.exec_module(module)
    return module


class RecordingConnection:
    """A connection that keeps the request in place of sending it."""

    def request(self, _method: str, _path: str, body: bytes, headers: dict[str, str]) -> None:
        self.body, self.headers = body, headers

    def getresponse(self) -> Any:
        class Response:
            status = 200

            def read(self) -> bytes:
                return b"{}"

        return Response()


@given(body=st.binary(max_size=300), secret=st.from_regex(r"[A-Za-z0-9/+]{40}", fullmatch=True))
def test_bare_signs_requests_as_botocore_does(bare: ModuleType, body: bytes, secret: str) -> None:
    connection = RecordingConnection()
    bare._connections["sagemaker"] = connection
    given_headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "SageMaker.Some"}
    bare._send("sagemaker", body, given_headers, ("ASIAEXAMPLE", secret, "token"))
    expected = AWSRequest("POST", "http://127.0.0.1:1/", data=body, headers={**given_headers, "host": "127.0.0.1:1"})
    signer = SigV4Auth(Credentials("ASIAEXAMPLE", secret, "token"), "sagemaker", "eu-west-1")
    expected.context["timestamp"] = connection.headers["x-amz-date"]
    expected.headers["X-Amz-Date"] = connection.headers["x-amz-date"]
    expected.headers["X-Amz-Security-Token"] = "token"
    signature = signer.signature(signer.string_to_sign(expected, signer.canonical_request(expected)), expected)
    assert connection.headers["authorization"].endswith(f"Signature={signature}")


def test_every_contestant_gets_a_valid_cookie(bare: ModuleType) -> None:
    found = {contestant.name: contestant for contestant in contestants()}
    assert list(found) == ["floor", "bare", "plain", "plain-pyc", "gate", PROFILE]
    bare._session_key = KEY.encode()
    assert bare._email(json.loads(found["bare"].event(7))) == "person7@example.com"
    token = json.loads(found["plain"].event(7))["headers"]["Cookie"].partition("session=")[2]
    assert jwt.decode(token, KEY, algorithms=["HS256"])["email"] == "person7@example.com"


def test_the_stub_finds_a_grant_by_its_full_key() -> None:
    grants = Grants(10)
    assert grants.row("user:person3@example.com", "notebook-3")
    assert grants.row("user:person3@example.com", "notebook-4") is None
    assert grants.row("user:person10@example.com", "notebook-10") is None


def test_the_stub_delays_responses_and_counts_calls() -> None:
    command = [sys.executable, "-m", "bench.aws", "--delays", "0", "600"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            ports = json.loads(process.stdout.readline())
            for port, delayed in zip(ports, (False, True), strict=True):
                with socket.create_connection(("127.0.0.1", port), timeout=1 if delayed else 120) as connection:
                    connection.sendall(
                        b"POST / HTTP/1.1\r\nx-amz-target: secretsmanager.GetSecretValue\r\ncontent-length: 2\r\n\r\n{}"
                    )
                    if delayed:
                        with pytest.raises(TimeoutError):
                            connection.recv(9000)
                    else:
                        assert KEY.encode() in connection.recv(9000)
                with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=120) as response:
                    assert json.loads(response.read()) == {"GetSecretValue": 1}
        finally:
            process.kill()


def test_the_results_are_complete() -> None:
    assert list(RESULTS["contestants"]) == ["floor", "bare", "plain", "plain-pyc", "gate"]
    for part in ("contestants", "with_30_ms_a_call", "profile"):
        assert all(measured.keys() == FIGURES for measured in RESULTS[part].values())
    assert RESULTS["contestants"]["gate"]["aws_calls"] == 2
    assert RESULTS["contestants"]["plain"]["aws_calls"] == RESULTS["contestants"]["bare"]["aws_calls"] == 3


def test_the_documents_show_the_stored_results() -> None:
    guide = (ROOT / "docs" / "speed.md").read_text()
    for name, table in report.TABLES.items():
        assert f"<!-- {name} -->\n{table(RESULTS)}<!-- end -->" in guide, f"make bench, or bench.report.write: {name}"
    missed = re.findall(r"^\| (.*?) \|.*not met", guide, re.MULTILINE)
    assert missed == [name for name, (measured, target) in report.ratios(RESULTS).items() if measured > target]


@pytest.mark.parametrize(("memory", "dollars"), [(1769, 0.2 + 1.769 / 1.024 * 0.013 * 13.3334), (256, None)])
def test_less_memory_means_a_slower_processor(memory: int, dollars: float | None) -> None:
    figures = {"warm_ms": 13.0, "warm_cpu_ms": 3.0, "init_ms": 13.0, "first_response_ms": 13.0}
    cost = cost_of_a_million(figures, memory)
    if dollars is not None:
        assert cost == pytest.approx(dollars, rel=0.001)
    else:
        # 10 ms of waiting and 3 ms of work at a seventh of a processor. Cold starts have a full one.
        seconds = 0.9 * (0.010 + 0.003 * 1769 / 256) + 0.1 * 0.013
        assert cost == pytest.approx(0.2 + 1e6 * seconds * 0.25 * 0.0000133334)
