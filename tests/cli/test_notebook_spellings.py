"""Notebooks in another spelling, and several grants for one notebook: `gate` follows the function's rules."""

from pathlib import Path

import pytest

from tests.cli.conftest import Gate, PutRow

pytestmark = pytest.mark.usefixtures("sample_grants")
HOME = "123456789012/eu-west-1"
WHO = "user:zoe@example.com"


def _rows(gate: Gate) -> list[str]:
    return [each["notebook"] for each in gate("grants", "list", WHO, "--json").json["grants"]]


@pytest.mark.parametrize("typed", ["Prod-X", f"{HOME}/prod-x", f"{HOME}/PROD-X"])
def test_give_and_take_work_on_every_spelling(gate: Gate, put: PutRow, typed: str) -> None:
    put(WHO, "pRod-x", power={"S": "auto-start"})
    put(WHO, f"{HOME}/prod-x", power={"S": "auto-start"})
    assert len(gate("grants", "list", "--notebook", typed, "--json").json["grants"]) == 2
    assert gate("grants", "give", WHO, typed, "--power", "none", "--json").json["after"]["notebook"] == "prod-x"
    assert _rows(gate) == ["prod-x"]  # no other row is left that gives more
    put(WHO, "PROD-x")
    assert gate("grants", "take", WHO, typed).code == 0
    assert _rows(gate) == []
    assert gate("grants", "take", WHO, typed).code == 1


def test_a_file_is_normalised_and_replaces_rows_in_other_spellings(gate: Gate, put: PutRow, tmp_path: Path) -> None:
    file = tmp_path / "grants.yaml"
    put(WHO, "Prod-X")
    put(WHO, "prod-y")
    exported = gate("grants", "export").out
    assert "notebook: prod-x" in exported
    file.write_text(exported.replace("notebook: prod-y", f"notebook: {HOME}/Prod-Y"))
    planned = gate("grants", "plan", str(file))
    assert f"! apply removes {WHO} Prod-X: notebook counts as prod-x" in planned.out
    assert "1 added, 0 changed, 1 removed" in planned.out
    assert gate("grants", "apply", str(file), "--yes").code == 0
    assert _rows(gate) == ["prod-x", "prod-y"]
    file.write_text(f"{exported}- {{principal: '{WHO}', notebook: '{HOME}/PROD-x'}}\n")
    assert f"{WHO} prod-x is already granted" in gate("grants", "plan", str(file)).err


def test_of_two_spellings_a_file_holds_one(gate: Gate, put: PutRow, tmp_path: Path) -> None:
    put(WHO, "PROD-X")
    put(WHO, "prod-x")
    exported = gate("grants", "export", str(tmp_path / "grants.yaml"))
    assert (exported.code, "another row grants prod-x, too" in exported.err) == (3, True)
    assert gate("grants", "plan", str(tmp_path / "grants.yaml")).code == 3


def test_doctor_warns_of_a_row_in_another_spelling(gate: Gate, put: PutRow) -> None:
    put(WHO, "Prod-X", power={"S": "start"})
    (check,) = [each for each in gate("doctor", "--json").json["checks"] if each["name"] == "grants"]
    assert (check["level"], check["text"]) == ("warning", f"{WHO} Prod-X: notebook counts as prod-x")
    assert check["fix"].startswith(f"gate --local grants give {WHO} prod-x --power start")


@pytest.mark.parametrize("name", ["alice-notebook", "Alice-Notebook", f"{HOME}/alice-notebook"])
def test_explain_shows_the_grants_that_a_decision_came_from(gate: Gate, put: PutRow, name: str) -> None:
    put("group:leads", f"{HOME}/alice-notebook", view={"S": "classic"})
    put(WHO, "alice-notebook", power={"S": "start"}, until={"N": "4102444800"}, request_id={"S": "abc"})
    result = gate("explain", WHO, name, "--group", "leads", "--from", "127.0.0.1", "--json")
    (finding,) = [each for each in result.json["checks"] if each["check"] == "grant"]
    assert finding["text"] == (
        "They may open it by group:leads (power none, session 43200, view classic); "
        f"{WHO} (power start, session 43200, until 2099-12-31, access request abc). "
        "Together: (power start, session 43200, view classic)"
    )
    assert result.code == 0
