"""Role sessions that several threads share: credentials that became invalid, and sessions that take long."""

import datetime
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from gate.launch.role_sessions import RoleSessions
from gate.launch.statuses import statuses_of
from gate.platform.aws.clients import aws_clients, client
from gate.platform.config import Config
from gate.values.caller import Caller
from gate.values.grant import Grant
from gate.values.notebook import Notebook
from testing.aws import refusal
from testing.environment import ENVIRON

REMOTE = "210987654321/eu-central-1"
CONFIG = Config.from_environ(
    {**ENVIRON, "GATE_ISSUER": "https://issuer.example", "GATE_REMOTE_LOCATIONS": REMOTE}
    | {"GATE_REMOTE_ROLE": "gate-launch", "GATE_EXTERNAL_ID": "x-42"}
)
ALICE = Caller("user:alice@example.com", (), "session", "203.0.113.7", 1_790_000_000)
WAIT = 60
"""Seconds, generous for a busy machine."""


@pytest.fixture(autouse=True)
def _time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.launch.statuses.DESCRIBE_TIMEOUT", 2 * WAIT)


class Aws:
    """STS with numbered credentials, and SageMaker, which denies some of them."""

    def __init__(self) -> None:
        self.assumed: list[dict[str, Any]] = []
        self.denied: set[str] = set()
        """The access keys that SageMaker denies."""
        self.used: list[str] = []
        """The access key of each description."""
        self.on_assume: Callable[[dict[str, Any]], object] = lambda _: None
        self.on_describe: Callable[[str], object] = lambda _: None
        self.clients = RoleSessions(sts=self, make_sagemaker=_SageMaker, clock=lambda: 0.0)  # type: ignore[arg-type]

    def assume_role(self, **parameters: Any) -> Any:
        self.assumed.append(parameters)
        number = len(self.assumed)
        self.on_assume(parameters)
        return {"Credentials": {"AccessKeyId": f"key-{number}", "aws": self}}

    def states(self, number: int, location: str = "") -> list[str | None]:
        """Look at the list of `number` notebooks, and return their states."""
        return _states(self, [Notebook(f"n{each:02}", location) for each in range(number)])


class _SageMaker:
    def __init__(self, credentials: Any, _region: str):
        self._key, self._aws = credentials["AccessKeyId"], credentials["aws"]

    def describe_notebook_instance(self, *, NotebookInstanceName: str) -> Any:  # noqa: N803
        self._aws.used.append(self._key)
        self._aws.on_describe(NotebookInstanceName)
        if self._key in self._aws.denied:
            raise refusal("AccessDeniedException")
        changed = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
        return {"NotebookInstanceStatus": "Stopped", "InstanceType": "ml.t3.medium", "LastModifiedTime": changed}


def _states(aws: Aws, notebooks: list[Notebook]) -> list[str | None]:
    grants = [Grant("user:alice@example.com", notebook, 3600) for notebook in notebooks]
    rows = statuses_of(CONFIG, aws.clients, ALICE, grants)
    assert [row.grant for row in rows] == grants
    return [row.instance.state if row.instance else None for row in rows]


def test_credentials_from_before_a_revocation_are_replaced_once_for_all_notebooks() -> None:
    aws, together = Aws(), threading.Barrier(8)
    assert aws.states(20) == ["Stopped"] * 20
    aws.denied.add("key-1")
    aws.used.clear()
    # Eight threads use the denied credentials at the same time.
    aws.on_describe = lambda _: together.wait(WAIT) if len(aws.used) <= 8 and aws.used[-1] == "key-1" else None
    assert aws.states(20) == ["Stopped"] * 20
    assert len(aws.assumed) == 2
    assert aws.used.count("key-2") == 20
    aws.used.clear()
    assert aws.states(20) == ["Stopped"] * 20
    assert (len(aws.assumed), set(aws.used)) == (2, {"key-2"})


def test_a_caller_who_is_still_revoked_sees_no_state() -> None:
    aws = Aws()
    aws.states(20)
    aws.denied |= {"key-1", "key-2"}
    aws.used.clear()
    assert aws.states(20) == [None] * 20
    assert len(aws.assumed) == 2
    # Each notebook is tried with the new credentials, and at most once with the old ones.
    assert aws.used.count("key-2") == 20
    assert 1 <= aws.used.count("key-1") <= 20


def test_new_credentials_that_are_denied_are_not_renewed() -> None:
    aws = Aws()
    aws.denied.add("key-1")
    assert aws.states(20) == [None] * 20
    assert (len(aws.assumed), len(aws.used)) == (1, 20)


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_credentials_that_cannot_be_renewed_are_tried_once_for_all_notebooks(code: str) -> None:
    def fail(_parameters: Any) -> None:
        raise refusal(code)

    aws = Aws()
    aws.states(20)
    aws.denied.add("key-1")
    aws.on_assume = fail
    aws.used.clear()
    assert aws.states(20) == [None] * 20
    assert (len(aws.assumed), len(aws.used)) == (2, 20)
    # The denied credentials are not kept.
    aws.on_assume = lambda _: None
    assert aws.states(20) == ["Stopped"] * 20
    assert len(aws.assumed) == 3
    assert aws.used.count("key-1") == 20


@pytest.mark.parametrize("slow", ["210987654321", "123456789012"])
def test_a_slow_location_does_not_delay_another(slow: str) -> None:
    aws, described = Aws(), threading.Semaphore(0)
    answers: list[bool] = []

    def assume(parameters: Any) -> None:
        # The slow role is assumed after all notebooks of the other location have been described.
        if slow in parameters["RoleArn"]:
            answers.append(all(described.acquire(timeout=WAIT) for _ in range(12)))

    aws.on_assume = assume
    aws.on_describe = lambda _: described.release()
    notebooks = [Notebook(f"n{each:02}", location) for location in ("", REMOTE) for each in range(12)]
    assert _states(aws, notebooks) == ["Stopped"] * 24
    assert answers == [True]


def test_requests_of_one_caller_at_the_same_time_all_succeed() -> None:
    aws = Aws()
    found: list[list[str | None]] = []
    threads = [threading.Thread(target=lambda: found.append(aws.states(20))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert found == [["Stopped"] * 20] * 6
    assert 1 <= len(aws.assumed) <= 6


def test_no_notebooks_need_no_session() -> None:
    aws = Aws()
    assert aws.states(0) == []
    assert aws.assumed == []


def test_callers_share_a_client_and_each_call_is_signed_with_the_credentials_of_its_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[str, str]] = []

    def send(request: Any) -> AWSResponse:
        signed_by = str(request.headers["Authorization"]).partition("Credential=")[2].partition("/")[0]
        sent.append((json.loads(request.body)["NotebookInstanceName"], signed_by))
        return AWSResponse(request.url, 200, HTTPHeaders(), SimpleNamespace(stream=lambda: iter([b"{}"])))

    monkeypatch.setattr("gate.platform.aws.clients.AwsTransport", lambda: SimpleNamespace(send=send))
    aws_clients.cache_clear()
    try:
        keys: list[Any] = [
            {"AccessKeyId": name, "SecretAccessKey": "s", "SessionToken": "t"} for name in ("ALICE", "BOB")
        ]
        alice, bob = (client("sagemaker", region="eu-west-1", credentials=each) for each in keys)
        with ThreadPoolExecutor(max_workers=8) as pool:
            people = (("ALICE", alice), ("BOB", bob)) * 20
            calls = [pool.submit(each.start_notebook_instance, NotebookInstanceName=name) for name, each in people]
            for call in calls:
                call.result()
        nobody: Any = {}
        with pytest.raises(KeyError):  # credentials that lack a part are not replaced with the function's own
            client("sagemaker", region="eu-west-1", credentials=nobody)
    finally:
        aws_clients.cache_clear()
    assert sorted(sent) == [("ALICE", "ALICE")] * 20 + [("BOB", "BOB")] * 20
