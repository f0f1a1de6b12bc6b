"""The benchmark measures what it claims to measure, and the documents show its results."""

import importlib.util
import json
import re
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

from bench import cost, report
from bench.aws import KEY, Grants
from bench.contestants import PROFILE, contestants
from bench.report import Ratio

ROOT = Path(__file__).parents[2]
RESULTS = json.loads((ROOT / "bench" / "results.json").read_text())
FIGURES = {
    "init_ms",
    "first_response_ms",
    "snapshot_ms",
    "snapshot_cpu_ms",
    "handshake_overlap",
    "warm_ms",
    "warm_cpu_ms",
    "peak_mb",
    "bundle_mb",
    "aws_calls",
    "first_aws_calls",
}
PRICE = 13.3334e-6
"""Dollars for a GB-second."""


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


@pytest.mark.parametrize(
    ("service", "host"),
    [("sagemaker", "api.sagemaker.eu-west-1.amazonaws.com"), ("sts", "sts.eu-west-1.amazonaws.com")],
)
@given(body=st.binary(max_size=300), secret=st.from_regex(r"[A-Za-z0-9/+]{40}", fullmatch=True))
def test_bare_signs_requests_as_botocore_does(
    bare: ModuleType, service: str, host: str, body: bytes, secret: str
) -> None:
    connection = RecordingConnection()
    bare._connections[service] = connection
    given_headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "SageMaker.Some"}
    bare._send(service, body, given_headers, ("ASIAEXAMPLE", secret, "token"))
    expected = AWSRequest("POST", f"https://{host}/", data=body, headers={**given_headers, "host": host})
    signer = SigV4Auth(Credentials("ASIAEXAMPLE", secret, "token"), service, "eu-west-1")
    expected.context["timestamp"] = connection.headers["x-amz-date"]
    expected.headers["X-Amz-Date"] = connection.headers["x-amz-date"]
    expected.headers["X-Amz-Security-Token"] = "token"
    signature = signer.signature(signer.string_to_sign(expected, signer.canonical_request(expected)), expected)
    assert connection.headers["authorization"].endswith(f"Signature={signature}")


def test_bare_has_one_context_for_all_hosts(bare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    contexts = []

    def connection(_host: str, **options: Any) -> RecordingConnection:
        contexts.append(options["context"])
        return RecordingConnection()

    monkeypatch.setattr(bare, "_connections", {})
    monkeypatch.setattr(bare.http.client, "HTTPSConnection", connection)
    for service in ("secretsmanager", "dynamodb", "sts", "sagemaker"):
        bare._send(service, b"", {}, ("ASIAEXAMPLE", "secret", "token"))
    assert contexts == [bare._context] * 4


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


def test_the_results_are_complete() -> None:
    assert list(RESULTS["round_trips"]) == ["1", "0", "10"]
    for found in RESULTS["round_trips"].values():
        assert list(found) == ["floor", "bare", "plain", "plain-pyc", "gate", PROFILE]
        assert all(measured.keys() == FIGURES for measured in found.values())
    found = RESULTS["round_trips"]["1"]
    assert found["gate"]["aws_calls"] == 2
    assert found["plain"]["aws_calls"] == found["bare"]["aws_calls"] == 3


def test_the_documents_show_the_stored_results() -> None:
    guide = (ROOT / "docs" / "speed.md").read_text()
    for name, table in report.TABLES.items():
        assert f"<!-- {name} -->\n{table(RESULTS)}<!-- end -->" in guide, f"make bench, or bench.report.write: {name}"
    missed = re.findall(r"^\| (.*?) \|.*\*\*not met\*\*", guide, re.MULTILINE)
    assert missed == [each.name for each in report.ratios(RESULTS) if each.verdict == "not met"]


@pytest.mark.parametrize(
    ("measured", "at_least", "verdict"),
    [(2.0, False, "met"), (2.1, False, "not met"), (2.0, True, "met"), (1.9, True, "not met")],
)
def test_a_target_is_a_limit_in_one_direction(measured: float, at_least: bool, verdict: str) -> None:
    assert Ratio("", measured, 2.0, at_least=at_least).verdict == verdict


def test_ratios_compare_the_gate_with_the_named_contestant() -> None:
    figures = dict.fromkeys(FIGURES, 1.0)
    main = {name: dict(figures) for name in ("floor", "bare", "plain", "plain-pyc", "gate", PROFILE)}
    main["bare"] |= {"snapshot_cpu_ms": 10.0, "warm_cpu_ms": 0.5}
    main["plain"] |= {"first_response_ms": 4.0, "peak_mb": 2.0}
    main["plain-pyc"] |= {"snapshot_cpu_ms": 20.0, "snapshot_ms": 5.0, "first_response_ms": 2.0}
    main[PROFILE] |= {"warm_cpu_ms": 0.7}
    main["gate"] |= {"handshake_overlap": 2.5, "bundle_mb": 11.0}
    results = {
        "round_trips": {"1": main, "0": {}, "10": {}},
        "grants": {"1000": {"warm_cpu_ms": 1.0}, "1000000": {"warm_cpu_ms": 1.05}},
    }
    measured = [round(each.measured, 3) for each in report.ratios(results)]
    assert measured == [0.1, 0.05, 0.2, 0.25, 0.5, 2.5, 2.0, 0.3, 1.05, 0.5, 11.0]


def test_less_memory_means_a_slower_processor() -> None:
    # 10 ms of waiting, and 3 ms of work at a seventh of a processor.
    assert cost.answer_ms(13.0, 3.0, 256) == pytest.approx(10 + 3 * 1769 / 256)
    assert cost.answer_ms(13.0, 3.0, 1769) == 13.0
    assert cost.answer_ms(13.0, 3.0, 3000) == 13.0
    # Threads may use more CPU than time passes.
    assert cost.answer_ms(2.0, 3.0, 1769) == 3.0


def test_the_cost_of_a_million_launches() -> None:
    figures = {
        "warm_ms": 13.0,
        "warm_cpu_ms": 3.0,
        "init_ms": 100.0,
        "first_response_ms": 150.0,
        "snapshot_cpu_ms": 30.0,
    }
    # The INIT phase has a full processor. The first answer has 20 ms of waiting.
    milliseconds = 0.9 * (10 + 3 * 1769 / 256) + 0.1 * (100 + 20 + 30 * 1769 / 256)
    assert cost.cost_of_a_million(figures, 256) == pytest.approx(0.2 + 1e6 * milliseconds / 1000 * 0.25 * PRICE)


def test_first_launches_pay_for_the_restore() -> None:
    figures = {"snapshot_ms": 50.0, "snapshot_cpu_ms": 30.0}
    seconds = (20 + 30 * 1769 / 512) / 1000
    expected = 1000 * (0.2e-6 + 0.5 * (seconds * PRICE + 0.0001397998))
    assert cost.cost_of_a_thousand_first_launches(figures, 512) == pytest.approx(expected)
    assert cost.snapshot_cost_of_a_month(1024) == pytest.approx(3.9, rel=0.001)
