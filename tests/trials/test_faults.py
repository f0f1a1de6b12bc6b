"""Each neighbour fails in each way: here beside one endpoint that needs it, in `make faults` beside all of them."""

from collections.abc import Iterator

import pytest

from trials.endpoints import ENDPOINTS, Endpoint
from trials.faults import NEIGHBOURS, Trial
from trials.faults_report import GUIDE, load, tables
from trials.neighbour import Fault

BESIDE = {
    "secretsmanager": "GET /open/{notebook}",
    "dynamodb": "the same with a ticket",
    "sts": "POST …/start",
    "sagemaker": "the same with a ticket",
    "lambda": "POST /slack: command",
    "issuer": "GET /login/callback",
    "slack": "POST /slack: shortcut",
}


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    # What is never answered takes two seconds here, and nine in `make faults`, which judges times, too.
    with Trial.begin(impatient_ms=3000) as trial:
        yield trial


def _called(name: str) -> Endpoint:
    return next(endpoint for endpoint in ENDPOINTS if endpoint.name == name)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_neighbour_fails(trial: Trial, name: str, fault: Fault) -> None:
    outcome = trial.put(_called(BESIDE[name]), name, fault)
    assert outcome
    assert outcome.wrong == []
    # An invocation is taken when its status is there, however slowly the rest comes.
    assert outcome.reason or (name, fault) == ("lambda", Fault.TRICKLE)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_nobody_needs_slack_but_slack(trial: Trial, endpoint: Endpoint) -> None:
    outcome = trial.put(endpoint, "slack", Fault.REFUSED)
    assert outcome
    assert outcome.wrong == []
    assert bool(outcome.reason) == ("slack" in endpoint.needs)


def test_the_guide_says_what_was_found() -> None:
    """`make faults` writes both."""
    found = load()
    text = GUIDE.read_text(encoding="utf-8")
    for name, table in tables(found).items():
        assert f"<!-- {name} -->\n{table}<!-- end -->" in text, name
    assert {(each.endpoint, each.neighbour) for each in found} == {
        (endpoint.name, name) for endpoint in ENDPOINTS for name in NEIGHBOURS
    }
    assert [each for each in found if each.wrong] == []
