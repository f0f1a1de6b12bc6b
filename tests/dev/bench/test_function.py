"""A function is started, or restored from its snapshot, and its first answer is measured."""

import shutil
import sys
import textwrap
from pathlib import Path

import pytest

from bench.__main__ import HOOKS
from bench.function import Answer, Code, Function, Runtime

WORK_MS = 200
"""CPU time, in milliseconds: much more than what the runtime needs."""

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
if os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start":
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
    return Runtime(Path(sys.executable), client)


def code(folder: Path, text: str) -> Code:
    target = folder / "code"
    target.mkdir()
    (target / "app.py").write_text(WORK + textwrap.dedent(text))
    return Code(target, "app.handler", {"BENCH_STUB_PORT": "1"})


@pytest.fixture(params=["started", "restored"])
def snapshot(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "restored")


def first(runtime: Runtime, folder: Path, snapshot: bool, text: str) -> Answer:
    with Function(runtime, code(folder, text), folder / "log", snapshot=snapshot) as function:
        return function.invoke(b'{"name": "x"}')


def test_the_first_answer_is_returned_without_the_work_of_the_start(
    runtime: Runtime, tmp_path: Path, snapshot: bool
) -> None:
    answer = first(runtime, tmp_path, snapshot, "work()\ndef handler(event, context): return {'seen': event['name']}")
    assert answer.response == {"seen": "x"}
    assert answer.wall_ms > 0
    assert answer.cpu_ms < WORK_MS


def test_work_in_a_thread_that_has_ended_counts(runtime: Runtime, tmp_path: Path, snapshot: bool) -> None:
    answer = first(
        runtime,
        tmp_path,
        snapshot,
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


def test_the_start_and_later_requests_are_measured(runtime: Runtime, tmp_path: Path) -> None:
    text = "work()\ndef handler(event, context):\n    work()\n    return {}"
    with Function(runtime, code(tmp_path, text), tmp_path / "log") as function:
        assert function.init_ms >= WORK_MS
        before = function.cpu_ms
        assert [function.invoke(b"{}").wall_ms >= WORK_MS for _ in range(3)] == [True] * 3
        assert function.cpu_ms - before >= 3 * WORK_MS


@pytest.mark.parametrize(
    ("text", "path"), [("def handler(event, context): return 1 / 0", "/error"), ("1 / 0", "/init/error")]
)
def test_a_failure_is_an_error(runtime: Runtime, tmp_path: Path, snapshot: bool, text: str, path: str) -> None:
    with pytest.raises(RuntimeError, match=rf"{path} .*division by zero"):
        first(runtime, tmp_path, snapshot, text)
