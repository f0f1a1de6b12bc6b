"""No secret that was in play is in anything that the function wrote, whatever was asked and however it ended.

There are no traces (test_there_is_no_tracer), so logs, metrics and standard streams are all.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.log import logger
from trials.endpoints import ENDPOINTS, JSON, NOTEBOOK, Endpoint
from trials.faults import Trial
from trials.neighbour import Fault
from trials.user import TestUser
from trials.witness import Witness

KINDS = {
    "stored secret", "presigned URL", "authToken", "AWS credentials", "cookie", "token", "code",
    "code_challenge", "state", "nonce", "ticket",
}  # fmt: skip


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with Trial.begin(impatient_ms=3000) as trial:
        yield trial


def test_there_is_no_tracer() -> None:
    sources = Path(__file__).parents[2].glob("lambda/gate/**/*.py")
    assert not [path for path in sources if "racer" in path.read_text(encoding="utf-8")]


seen: set[str] = set()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_an_endpoint_writes_no_secret(trial: Trial, endpoint: Endpoint) -> None:
    witness = Witness(trial.deployment)
    with witness.listening():
        for state in ("InService", "Stopped", "Failed"):
            person = TestUser(trial.deployment)
            person.hooks["response"] = [witness.answered]
            trial.deployment.instances.set_state(NOTEBOOK, state)
            trial.forget()
            trial.deployment.function.restart()
            request = endpoint.ready(trial.deployment, person)
            # As a function that has just started, again at once (a used ticket, code or signature), and signed out.
            trial.deployment.function.restart()
            request()
            request()
            bent = {name: value[:-2] + "xx" for name, value in person.cookies.items()}
            person.cookies.clear()
            person.cookies.update(bent)
            request()
            for path in ("/", f"/open/{NOTEBOOK}?ticket=x{'y' * 40}", "/login/callback?code=abcdefghijklmnop&state=x"):
                person.go(path, headers=JSON)
    assert witness.leaks() == []
    if "health" not in endpoint.name:
        assert [line for line in witness.lines if line["message"] == "decision"]
    assert "CloudWatchMetrics" in witness.text
    seen.update(kind for kind, _ in witness.secrets())


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_nor_when_a_neighbour_fails(trial: Trial, endpoint: Endpoint) -> None:
    # test_faults.py has every neighbour and fault beside one endpoint, `make faults` all of them: each looks for leaks.
    for name in sorted(endpoint.needs):
        outcome = trial.put(endpoint, name, Fault.MALFORMED)
        assert outcome
        assert outcome.wrong == []


def test_every_kind_was_in_play_and_would_have_been_found(trial: Trial) -> None:
    if not seen:
        pytest.fail("run all of this file: this looks at what the others met")
    assert seen == KINDS
    witness = Witness(trial.deployment)
    with witness.listening():
        logger.info("a slip", extra={"url": trial.deployment.urls.made[-1].url})
    assert witness.leaks() == ["presigned URL"]
    with witness.listening():
        sys.stderr.write(trial.deployment.slack.bot_token)
    assert witness.leaks() == ["presigned URL", "stored secret"]
