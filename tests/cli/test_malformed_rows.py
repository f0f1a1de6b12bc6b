"""Rows of the grants table that `gate` did not write, with values that cannot be read."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from local.deployment import LocalDeployment
from tests.cli.conftest import NORMAL_ROLE, ROLE_WITH_PATH, Gate, PutRow

pytestmark = pytest.mark.usefixtures("sample_grants")
MALFORMED: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"until": {"S": "soon"}}, "until is not a whole number"),
    "null": ({"until": {"NULL": True}}, "until is not a whole number"),
    "milliseconds": ({"until": {"N": "1798675200000"}}, "until is not a whole number"),
    "decimal": ({"session": {"N": "3600.5"}}, "session is not a whole number"),
    "negative": ({"session": {"N": "-3600"}}, "session is not a whole number"),
    "lists": ({"session": {"L": [{"S": "a"}]}, "until": {"SS": ["a", "b"]}}, "session is not a whole number"),
}


def _write_all(put: PutRow) -> None:
    for name, (attributes, _) in MALFORMED.items():
        put(f"user:{name}@example.com", **attributes)
    put("user:odd@example.com", view={"S": "[/terminal]"}, power={"N": "1"}, session={"N": "60"}, note={"S": "x"})
    put("user:bad@example.com", "not_a_name")
    put("user:Upper@example.com")
    put("somebody")
    put(ROLE_WITH_PATH, power={"S": "start"})


def test_doctor_reports_every_malformed_row_with_its_fix(gate: Gate, put: PutRow, deployment: LocalDeployment) -> None:
    _write_all(put)
    result = gate("doctor", "--json")
    assert result.code == 3
    found = {check["text"].split(" ")[0]: check for check in result.json["checks"] if check["name"] == "grants"}
    assert len(found) == len(MALFORMED) + 5
    for name, (_, problem) in MALFORMED.items():
        check = found[f"user:{name}@example.com"]
        assert (check["level"], f"grants nothing: {problem}" in check["text"]) == ("error", True)
        assert check["fix"].startswith(f"gate --local grants give user:{name}@example.com n --")
    odd = found["user:odd@example.com"]
    assert odd["level"] == "warning"
    assert odd["fix"].startswith(
        "gate --local grants give user:odd@example.com n --session 1800, or gate --local grants take"
    )
    upper, role = found["user:Upper@example.com"], found[ROLE_WITH_PATH]
    assert "compared as user:upper@example.com" in upper["text"]
    assert role["fix"].endswith(f"and if it is still wanted gate --local grants give {NORMAL_ROLE} n --power start")
    # These commands fix the rows.
    table = deployment.template.table["TableName"]
    for check in found.values():
        for command in check["fix"].replace(", or ", "\n").replace(", and if it is still wanted ", "\n").splitlines():
            words = shlex.split(command)
            assert words[0] in ("gate", "aws")
            if words[0] == "aws":
                assert words[:6] == ["aws", "dynamodb", "delete-item", "--table-name", table, "--key"]
                deployment.operator("dynamodb").delete_item(TableName=table, Key=json.loads(words[6]))
            elif words[3] == "give":
                filled = ["2099-12-31" if w == "YYYY-MM-DD" else "3600" if w == "SECONDS" else w for w in words[1:]]
                assert gate(*filled).code == 0
    checks = [check for check in gate("doctor", "--json").json["checks"] if check["name"] == "grants"]
    assert [check["level"] for check in checks] == ["ok"]


def test_a_command_with_a_placeholder_is_rejected(gate: Gate, put: PutRow) -> None:
    put("user:text@example.com", until={"S": "soon"})
    (listed,) = gate("grants", "list", "text@example.com", "--json").json["grants"]
    assert gate("grants", "give", "user:text@example.com", "n", "--until", "YYYY-MM-DD").code == 1
    assert gate("grants", "list", "text@example.com", "--json").json["grants"] == [listed]


def test_explain_reports_a_malformed_row(gate: Gate, put: PutRow) -> None:
    put("user:alice@example.com", "bob-notebook", until={"N": "1798675200000"})
    result = gate("explain", "alice@example.com", "bob-notebook", "--from", "127.0.0.1", "--json")
    finding = result.json["checks"][-1]
    assert (result.code, result.json["outcome"]) == (3, "not_granted")
    assert "grants nothing: until is not a whole number" in finding["text"]
    assert finding["fix"].startswith("gate --local grants give user:alice@example.com bob-notebook --until YYYY-MM-DD")


def test_list_marks_malformed_rows(gate: Gate, put: PutRow) -> None:
    _write_all(put)
    result = gate("grants", "list")
    assert result.code == 0
    for name, (_, problem) in MALFORMED.items():
        (line,) = [line for line in result.out.splitlines() if f"user:{name}@" in line]
        assert f"(grants nothing: {problem}" in line
    listed = {each["principal"]: each for each in gate("grants", "list", "--json").json["grants"]}
    assert listed["user:text@example.com"]["grants_nothing"] is True
    assert listed["user:text@example.com"]["until"] == "soon"
    assert "grants_nothing" not in listed["user:odd@example.com"]
    assert len(listed["user:odd@example.com"]["problems"]) == 4
    assert "problems" not in listed["user:alice@example.com"]


def test_plan_reports_and_apply_fixes_malformed_rows(gate: Gate, put: PutRow, tmp_path: Path) -> None:
    file = tmp_path / "grants.yaml"
    gate("grants", "export", str(file))
    file.write_text(file.read_text() + "- {principal: 'user:text@example.com', notebook: n, until: 2099-12-31}\n")
    _write_all(put)
    planned = gate("grants", "plan", str(file))
    assert planned.code == 3
    assert "! apply replaces user:text@example.com n: until is not a whole number" in planned.out
    assert "! apply removes user:milliseconds@example.com n: until is not a whole number" in planned.out
    odd = {each["principal"]: each["apply"] for each in gate("grants", "plan", str(file), "--json").json["malformed"]}
    assert odd.pop("user:text@example.com") == "replaces"
    assert set(odd.values()) == {"removes"}
    assert len(odd) == len(MALFORMED) + 4
    assert gate("grants", "apply", str(file), "--yes", "--allow-removals").code == 0
    assert gate("grants", "plan", str(file)).code == 0
    assert "grants nothing" not in gate("grants", "list").out


def test_export_leaves_out_malformed_rows_and_reports_them(gate: Gate, put: PutRow, tmp_path: Path) -> None:
    _write_all(put)
    put("user:two@example.com", "n", default={"BOOL": True})
    put("user:two@example.com", "m", default={"BOOL": True})
    file = tmp_path / "grants.yaml"
    result = gate("grants", "export", str(file))
    assert result.code == 3
    assert result.err.count("Left out because it grants nothing: ") == len(MALFORMED) + 4
    assert "user:two@example.com has 2 defaults, which count as none" in result.err
    assert file.read_text().count("# Left out: ") == len(MALFORMED) + 4
    printed = gate("grants", "export")
    assert (printed.code, printed.out) == (3, file.read_text())
    assert len(gate("grants", "export", "--json").json["grants"]) == 6 + 3
    planned = gate("grants", "plan", str(file), "--json")
    assert planned.code == 3
    assert planned.json["additions"] == []
    assert len(planned.json["removals"]) == len(MALFORMED) + 4
    assert gate("grants", "apply", str(file), "--yes", "--allow-removals").code == 0
    again = gate("grants", "export")
    assert (again.code, again.err) == (0, "")
