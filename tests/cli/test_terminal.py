"""Lists in a terminal of 80 and of 120 columns, and in a pipe."""

import time
from collections.abc import Iterator

import pytest

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.keys import reference_row
from gate.access_requests.participant import EMAIL, Participant
from gate.access_requests.row import to_row
from gate.values.notebook import Notebook
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from tests.cli.conftest import Gate

pytestmark = pytest.mark.usefixtures("as_new")

REASON = "The quarterly report needs the churn model of last year, and the board of directors meets on Friday at noon."


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample, LocalOptions(settings={"requests": {"approvers": sample.approvers}})) as deployment:
        yield deployment


@pytest.fixture
def request_id(deployment: LocalDeployment) -> str:
    """Write an open request with a long reason, and return its id."""
    now = int(time.time())
    asker = Participant(("user:carol@example.com",), EMAIL, now)
    request = AccessRequest.new(asker, Notebook("churn-model"), reason=REASON, seconds=3600, now=now)
    for item in (to_row(request, keep=86_400), reference_row(request)):
        deployment.operator("dynamodb").put_item(TableName=deployment.template.table["TableName"], Item=item)
    return request.id


@pytest.fixture(params=[80, 120, 160])
def columns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The columns of the terminal to which `gate` writes."""
    monkeypatch.setenv("COLUMNS", str(request.param))
    monkeypatch.setattr("cli.output.is_terminal", lambda _file: True)
    return int(request.param)


def test_requests_fit_the_terminal(gate: Gate, request_id: str, columns: int) -> None:
    shown = gate("requests", "list").out
    assert max(map(len, shown.splitlines())) <= columns
    assert {"user:carol@example.com", request_id} <= set(shown.split())
    assert REASON[:12] in shown.replace("…", "")
    assert ("…" in shown) == (columns != 120)  # as a list of its cells, it fits there


def test_grants_fit_the_terminal(gate: Gate, columns: int) -> None:
    gate("grants", "give", "carol@example.com", "alice-notebook", "--title", "T" * 60, "--default")
    lines = gate("grants", "list").out.splitlines()
    assert max(map(len, lines)) <= columns
    assert [line for line in lines if line != line.rstrip()] == []
    names = {"iam:arn:aws:iam::123456789012:user/nightly-job", "user:carol@example.com", "alice-notebook"}
    assert names <= set(" ".join(lines).split())


def test_a_pipe_and_json_have_everything(gate: Gate, request_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes a pipe for a terminal then
    assert REASON in gate("requests", "list").out
    (listed,) = gate("requests", "list", "--json").json["requests"]
    assert (listed["access_request"], listed["why"]) == (request_id, REASON)


def test_an_unknown_request_is_answered_with_a_command_that_lists_them(gate: Gate) -> None:
    result = gate("requests", "allow", "nothing", "--stack", "local")
    assert (result.code, "gate --local --stack local requests list --all shows all of them" in result.err) == (1, True)


def test_options_are_written_as_in_the_grants_file(gate: Gate) -> None:
    given = gate("grants", "give", "carol@example.com", "alice-notebook", "--default", "--owner")
    assert "(default=true, owner=true)" in given.out
    assert "default=true, owner=true\n" in gate("grants", "list", "carol@example.com").out
    assert "default: true\n" in gate("grants", "export").out
