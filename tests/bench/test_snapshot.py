"""A function is restored from its snapshot by AWS's own client: hooks run, and the first answer is measured."""

import os
import shutil
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import HOOKS
from bench.certificates import Certificates
from bench.contestants import contestants
from bench.function import Code, Runtime, cpu_ms
from bench.measure import Measurement
from bench.snapshot import SnapshotFunction
from bench.stub import FakeAws

WORK_MS = 200
"""CPU time, in milliseconds: much more than what the runtime needs."""

ROUND_TRIP = 0.05
"""Seconds."""

CLIENT = """
# A stand-in for awslambdaric: the same requests in the same order.
import http.client, importlib, json, os, sys, types

def call(method, path, body=None):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, "/2018-06-01/runtime" + path, body)
    response = connection.getresponse()
    return response, response.read()

try:
    app = importlib.import_module("app")
except Exception as error:
    call("POST", "/init/error", json.dumps(str(error)))
    sys.exit(1)
assert os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"
call("GET", "/restore/next")
while True:
    response, event = call("GET", "/invocation/next")
    invocation = response.headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        answer = app.handler(json.loads(event), types.SimpleNamespace(aws_request_id=invocation))
    except Exception as error:
        call("POST", f"/invocation/{invocation}/error", json.dumps(str(error)))
    else:
        call("POST", f"/invocation/{invocation}/response", json.dumps(answer))
"""

WORK = f"""
import threading, time
def work():
    end = time.thread_time() + {WORK_MS / 1000}
    while time.thread_time() < end:
        pass
"""


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    client = tmp_path / "client"
    client.mkdir()
    (client / "awslambdaric.py").write_text(CLIENT)
    shutil.copy(HOOKS / "sitecustomize.py", client)
    return Runtime(Path("unused"), Path(sys.executable), client)


def code(folder: Path, text: str) -> Code:
    target = folder / "code"
    target.mkdir()
    (target / "app.py").write_text(WORK + textwrap.dedent(text))
    return Code(target, "app.handler", {"BENCH_STUB_PORT": "1"})


def first(runtime: Runtime, tmp_path: Path, text: str) -> Any:
    with SnapshotFunction(runtime, code(tmp_path, text), tmp_path / "log") as function:
        return function.first_answer(b'{"name": "x"}')


def test_the_first_answer_is_returned_with_its_times(runtime: Runtime, tmp_path: Path) -> None:
    answer = first(runtime, tmp_path, "def handler(event, context): return {'seen': event['name']}")
    assert answer.response == {"seen": "x"}
    assert answer.wall_ms > 0


def test_work_before_the_snapshot_does_not_count(runtime: Runtime, tmp_path: Path) -> None:
    answer = first(runtime, tmp_path, "work()\ndef handler(event, context): return {}")
    assert answer.cpu_ms < WORK_MS


def test_work_in_a_thread_that_has_ended_counts(runtime: Runtime, tmp_path: Path) -> None:
    answer = first(
        runtime,
        tmp_path,
        """
        def handler(event, context):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            return {}
        """,
    )
    assert answer.cpu_ms >= WORK_MS
    assert answer.wall_ms >= WORK_MS


def test_a_failure_of_the_function_is_an_error(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"/error .*division by zero"):
        first(runtime, tmp_path, "def handler(event, context): return 1 / 0")


def test_a_failure_of_its_start_is_an_error(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"/init/error .*division by zero"):
        first(runtime, tmp_path, "1 / 0")


def test_a_contestant_makes_its_calls_over_tls(runtime: Runtime, tmp_path: Path) -> None:
    bare = next(each for each in contestants() if each.name == "bare")
    bare.build(tmp_path / "bare", "", "")
    measurement = Measurement(runtime, {bare: tmp_path / "bare"}, tmp_path, lambda _step: None)
    certificates = Certificates.write(tmp_path)
    with FakeAws.serving(certificates, grants=10, round_trips=[ROUND_TRIP]) as (aws,):
        figures, record = measurement.first_from_snapshot(bare, aws)
        assert record.calls == dict.fromkeys(
            ("GetSecretValue", "GetItem", "AssumeRole", "CreatePresignedNotebookInstanceUrl"), 1
        )
        # Four hosts, one after the other: two round trips to connect, and one for the call.
        assert len(record.handshakes) == 4
        assert record.overlap == pytest.approx(1)
        assert figures.wall_ms >= 4 * 3 * ROUND_TRIP * 1000
        assert figures.cpu_ms < figures.wall_ms


def test_the_clock_of_a_process_is_its_cpu_time() -> None:
    before = time.process_time() * 1000
    found = cpu_ms(os.getpid())
    assert before <= found <= time.process_time() * 1000
