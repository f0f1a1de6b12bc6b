"""The function writes no secret, whatever the request and whatever the outcome.

Logs, metrics and the standard streams are its only outputs: there are no traces (`test_there_is_no_tracer`).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.platform.log import logger
from testing.user import TestUser
from trials.dependency_proxy import Fault
from trials.endpoints import ENDPOINTS, JSON, NOTEBOOK, Endpoint
from trials.faults import FaultInjector
from trials.recorder import Recorder

KINDS = {
    "stored secret", "presigned URL", "authToken", "AWS credentials", "cookie", "token", "code",
    "code_challenge", "state", "nonce", "ticket",
}  # fmt: skip


@pytest.fixture(scope="module")
def injector() -> Iterator[FaultInjector]:
    with FaultInjector.running(hang_limit_ms=3000) as injector:
        yield injector


def test_there_is_no_tracer() -> None:
    sources = Path(__file__).parents[3].glob("lambda/gate/**/*.py")
    assert not [path for path in sources if "racer" in path.read_text(encoding="utf-8")]


LATEST_FIRST = ("slack", "sagemaker", "sts", "lambda", "issuer", "dynamodb", "secretsmanager")
"""The dependencies, in the reverse of the order in which requests need them."""

seen: set[str] = set()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_an_endpoint_writes_no_secret(injector: FaultInjector, endpoint: Endpoint) -> None:
    recorder = Recorder(injector.deployment)
    slack, calls_of_slack = injector._proxies["slack"], 0
    # An endpoint that does not ask SageMaker does the same in each state.
    states = ("InService", "Stopped", "Failed") if "sagemaker" in endpoint.dependencies else ("InService",)
    with recorder.recording():
        for state in states:
            user = TestUser(injector.deployment)
            user.hooks["response"] = [recorder.keep_response]
            injector.deployment.instances[NOTEBOOK] = state
            injector.reset_state()
            injector.deployment.function.restart()
            send = endpoint.prepare(injector.deployment, user)
            # At a newly started function; at once again, with a used ticket, code or signature; with altered cookies.
            injector.deployment.function.restart()
            calls_of_slack -= slack.calls
            send()
            send()
            altered = {name: value[:-2] + "xx" for name, value in user.cookies.items()}
            user.cookies.clear()
            user.cookies.update(altered)
            send()
            calls_of_slack += slack.calls
        for path in ("/", f"/open/{NOTEBOOK}?ticket=x{'y' * 40}", "/login/callback?code=abcdefghijklmnop&state=x"):
            user.go(path, headers=JSON)
    assert recorder.leaked_kinds() == []
    if "health" not in endpoint.name:
        assert [line for line in recorder.log_lines if line["message"] == "decision"]
    assert "CloudWatchMetrics" in recorder.text
    assert (calls_of_slack > 0) == ("slack" in endpoint.dependencies)
    seen.update(kind for kind, _ in recorder.secrets())


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_an_endpoint_writes_no_secret_when_a_dependency_fails(injector: FaultInjector, endpoint: Endpoint) -> None:
    # test_faults.py has every dependency and fault at one endpoint, `make faults` at all: each checks for leaks. Here,
    # the last dependency of each endpoint fails, when most secrets have been read.
    name = next((each for each in LATEST_FIRST if each in endpoint.dependencies), None)
    if name:
        result = injector.inject(endpoint, name, Fault.MALFORMED)
        assert result
        assert result.violations == []


def test_every_kind_of_secret_was_used_and_a_leak_is_found(injector: FaultInjector) -> None:
    if not seen:
        pytest.fail("run the whole file: this test needs what the others recorded")
    assert seen == KINDS
    recorder = Recorder(injector.deployment)
    with recorder.recording():
        logger.info("a leak", extra={"url": injector.deployment.urls.made[-1].url})
    assert recorder.leaked_kinds() == ["presigned URL"]
    with recorder.recording():
        sys.stderr.write(injector.deployment.slack.bot_token)
    assert recorder.leaked_kinds() == ["presigned URL", "stored secret"]
