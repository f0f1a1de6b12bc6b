"""A notebook that does not exist: who names it is told so, and which one they may have meant."""

from typing import Any

import pytest

from cli.notebooks.near_names import NearNames
from gate.values.notebook import Notebook
from local.aws.calls import ApiError, Call
from local.deployment import LocalDeployment
from tests.cli.conftest import Gate
from tests.cli.operator_access import operator_access

MISSING = "the notebook instance does not exist"
MEANT = "(did you mean alice-notebook?)"

pytestmark = pytest.mark.usefixtures("sample_grants")


def _deny(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    def denied(_call: Call, _answer: Any) -> None:
        raise ApiError("AccessDeniedException", "User is not authorized", 400)

    monkeypatch.setitem(deployment.aws.changes, operation, denied)


def test_give_says_that_the_notebook_does_not_exist(gate: Gate) -> None:
    given = gate("grants", "give", "carol@example.com", "alice-notebok")
    assert (given.code, given.out.splitlines()[0]) == (0, "user:carol@example.com may open alice-notebok.")
    assert f"! alice-notebok (user:carol@example.com): {MISSING} {MEANT}. Create the notebook" in given.out
    (note,) = gate("grants", "give", "carol@example.com", "alice-notebok", "--json").json["notebooks"]
    assert note["problem"] == f"{MISSING} {MEANT}"
    assert gate("grants", "give", "carol@example.com", "alice-notebook", "--json").json["notebooks"] == []


def test_give_works_where_the_operator_may_not_look(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _deny(deployment, monkeypatch, "DescribeNotebookInstance")
    given = gate("grants", "give", "carol@example.com", "alice-notebook")
    assert (given.code, "Notebooks that were not checked: 1. AWS denies" in given.out) == (0, True)
    assert "alice-notebook" in gate("grants", "list", "carol@example.com").out


def test_explain_names_a_missing_notebook_beside_the_missing_grant(gate: Gate) -> None:
    result = gate("explain", "alice@example.com", "alice-notebok", "--from", "127.0.0.1", "--json")
    finding = result.json["checks"][-1]
    assert (finding["check"], finding["reason"]) == ("grant", "not_granted")
    assert finding["text"] == f"user:alice@example.com has no grant for it, and {MISSING} {MEANT}"
    command = "gate --local grants give user:alice@example.com alice-notebok"
    assert finding["fix"] == f"If the name is right, create it. Then: {command}"


def test_explain_names_what_keeps_everybody_from_a_notebook(gate: Gate) -> None:
    result = gate("explain", "alice@example.com", "studio:d-other/alice", "--from", "127.0.0.1", "--json")
    finding = result.json["checks"][-1]
    assert "has no grant for it, and the domain d-other is not in studio.domains" in finding["text"]
    assert finding["fix"].startswith("Add it to studio.domains in gate.toml")
    assert "Then: gate --local grants give" in finding["fix"]


def test_explain_says_nothing_of_a_notebook_that_exists_or_cannot_be_looked_for(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("explain", "bob@example.com", "alice-notebook", "--from", "127.0.0.1", "--json")
    plain = gate(*words).json["checks"][-1]
    assert plain["text"] == "user:bob@example.com has no grant for it"
    _deny(deployment, monkeypatch, "DescribeNotebookInstance")
    assert gate(*words).json["checks"][-1] == plain


def test_a_name_unlike_all_others_is_only_missing(gate: Gate) -> None:
    given = gate("grants", "give", "carol@example.com", "forecasting")
    assert f"{MISSING}. Create" in given.out


def test_a_denied_list_hides_no_problem(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _deny(deployment, monkeypatch, "ListNotebookInstances")
    assert f"{MISSING}. Create" in gate("grants", "give", "carol@example.com", "alice-notebok").out


@pytest.mark.parametrize(
    ("missing", "meant"),
    [
        ("alice-notebok", "alice-notebook"),
        ("Alice-Notebok", "alice-notebook"),
        ("quite-another", ""),
        ("studio:d-local1/dvae", "studio:d-local1/dave"),
        ("studio:d-local1/dave/forcast", "studio:d-local1/dave/forecast"),
        ("studio:d-local1/dave/alice-notebok", ""),
        ("studio:d-other/dvae", ""),
        ("123456789012/eu-west-1/alice-notebok", "123456789012/eu-west-1/alice-notebook"),
    ],
)
def test_names_are_compared_with_those_of_the_same_place(deployment: LocalDeployment, missing: str, meant: str) -> None:
    sagemaker = operator_access(deployment).client("sagemaker")
    assert NearNames().of(Notebook.parse(missing), sagemaker) == meant


def test_a_list_is_read_once(deployment: LocalDeployment) -> None:
    names, sagemaker = NearNames(), operator_access(deployment).client("sagemaker")
    deployment.aws.calls.clear()
    for name in ("alice-notebok", "bob-notebok"):
        assert names.of(Notebook.parse(name), sagemaker) == f"{name[:-1]}ok"
    assert [call.operation for call in deployment.aws.calls] == ["ListNotebookInstances"]
