"""Rows that are not as `gate` writes them: another spelling of a principal, and values that nobody can read."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from cli.grants.display import json_row, table_row
from cli.grants.export import Export
from cli.grants.row_fixes import effective_grant
from cli.grants.row_problems import row_errors, row_warnings
from gate.store.grant_row import MAX_EPOCH_SECONDS
from grant_schema.spec import GrantSpec
from local.deployment import LocalDeployment
from local.sample import Sample
from tests.cli.conftest import Gate
from tests.unit.test_grant_row import NAMES, VALUES

ROLE = "iam:arn:aws:iam::123456789012:role"
TYPED = f"{ROLE}/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_X_0123"
NORMAL = f"{ROLE}/AWSReservedSSO_X_0123"
NFD, NFC = "group:e\u0301quipe", "group:\u00e9quipe"

Put = Callable[..., None]


@pytest.fixture(autouse=True)
def _as_before(deployment: LocalDeployment, sample: Sample) -> None:
    """Put the grants back to what the sample says."""
    dynamodb, name = deployment.operator("dynamodb"), deployment.template.table["TableName"]
    for item in dynamodb.scan(TableName=name)["Items"]:
        dynamodb.delete_item(TableName=name, Key={key: item[key] for key in ("principal", "notebook")})
    for entry in sample.grants:
        dynamodb.put_item(TableName=name, Item=entry.item())


@pytest.fixture
def put(deployment: LocalDeployment) -> Put:
    """Writes a row as `aws dynamodb put-item` does, whatever it holds."""

    def write(principal: str, notebook: str = "n", **attributes: Any) -> None:
        item = {"principal": {"S": principal}, "notebook": {"S": notebook}, **attributes}
        deployment.operator("dynamodb").put_item(TableName=deployment.template.table["TableName"], Item=item)

    return write


def _keys(gate: Gate) -> set[tuple[str, str]]:
    return {(each["principal"], each["notebook"]) for each in gate("grants", "list", "--json").json["grants"]}


# One spelling a principal.


@pytest.mark.parametrize(("typed", "normal"), [(TYPED, NORMAL), (NFD, NFC)])
def test_what_is_given_and_taken_in_another_spelling_is_what_the_function_compares(
    gate: Gate, typed: str, normal: str
) -> None:
    given = gate("grants", "give", typed, "n")
    assert (given.code, f"{typed} counts as {normal}" in given.out) == (0, True)
    assert (normal, "n") in _keys(gate)
    assert (typed, "n") not in _keys(gate)
    assert normal in gate("grants", "list", typed).out
    taken = gate("grants", "take", typed, "n")
    assert (taken.code, f"{normal} may no longer open n." in taken.out) == (0, True)
    assert (normal, "n") not in _keys(gate)
    assert "counts as" not in gate("grants", "give", normal, "n").out


def test_revoking_a_role_by_its_whole_arn_takes_what_its_sessions_have(gate: Gate, put: Put) -> None:
    put(NORMAL)
    said = gate("revoke", TYPED, "--json").json
    assert (said["who"], [each["notebook"] for each in said["taken"]]) == (NORMAL, ["n"])


def test_a_file_in_another_spelling_gives_to_the_normal_form_and_replaces_old_rows(
    gate: Gate, put: Put, tmp_path: Path
) -> None:
    file = tmp_path / "grants.yaml"
    file.write_text(f"grants:\n- {{principal: '{TYPED}', notebook: n}}\n- {{principal: '{NFD}', notebook: n}}\n")
    put(TYPED)
    put(NFD)
    planned = gate("grants", "plan", str(file))
    assert f"{file}:2: {TYPED} counts as {NORMAL}" in planned.out
    assert f"+ {NORMAL} n" in planned.out
    assert f"- {TYPED} n" in planned.out
    assert f"! apply removes {TYPED} n: principal is compared as {NORMAL}" in planned.out
    assert f"! apply removes {NFD} n: principal is compared as {NFC}" in planned.out
    assert gate("grants", "apply", str(file), "--yes", "--allow-removals").code == 0
    assert _keys(gate) == {(NORMAL, "n"), (NFC, "n")}
    assert gate("grants", "plan", str(file)).code == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [(TYPED, NORMAL), (NORMAL, TYPED), (TYPED, f"{ROLE}/x/AWSReservedSSO_X_0123"), (NFC, NFD), (NFD, NFC)],
)
def test_two_spellings_of_one_principal_are_a_duplicate(gate: Gate, tmp_path: Path, one: str, other: str) -> None:
    file = tmp_path / "grants.yaml"
    file.write_text(f"grants:\n- {{principal: '{one}', notebook: n}}\n- {{principal: '{other}', notebook: n}}\n")
    said = gate("grants", "plan", str(file))
    normal = NFC if "group" in one else NORMAL
    assert (said.code, said.err.strip()) == (1, f"{file}:3: {normal} n is already granted in line 2")


# Rows that hold anything.

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"until": {"S": "soon"}}, "until is not a whole number"),
    "null": ({"until": {"NULL": True}}, "until is not a whole number"),
    "milliseconds": ({"until": {"N": "1798675200000"}}, "until is not a whole number"),
    "decimal": ({"session": {"N": "3600.5"}}, "session is not a whole number"),
    "negative": ({"session": {"N": "-3600"}}, "session is not a whole number"),
    "lists": ({"session": {"L": [{"S": "a"}]}, "until": {"SS": ["a", "b"]}}, "session is not a whole number"),
}


def _write_all(put: Put) -> None:
    for name, (attributes, _) in WRONG.items():
        put(f"user:{name}@example.com", **attributes)
    put("user:odd@example.com", view={"S": "[/terminal]"}, power={"N": "1"}, session={"N": "60"}, note={"S": "x"})
    put("user:bad@example.com", "not_a_name")
    put("user:Upper@example.com")
    put("somebody")
    put(TYPED, power={"S": "start"})


def test_doctor_tells_every_row_that_is_wrong_with_its_mend(gate: Gate, put: Put, deployment: LocalDeployment) -> None:
    _write_all(put)
    said = gate("doctor", "--json")
    assert said.code == 3
    found = {check["text"].split(" ")[0]: check for check in said.json["checks"] if check["name"] == "grants"}
    assert len(found) == len(WRONG) + 5
    for name, (_, problem) in WRONG.items():
        check = found[f"user:{name}@example.com"]
        assert (check["level"], f"grants nothing: {problem}" in check["text"]) == ("error", True)
        assert check["fix"].startswith(f"gate grants give user:{name}@example.com n --")
    odd = found["user:odd@example.com"]
    assert odd["level"] == "warning"
    assert odd["fix"].startswith("gate grants give user:odd@example.com n --session 1800, or gate grants take")
    upper, role = found["user:Upper@example.com"], found[TYPED]
    assert "compared as user:upper@example.com" in upper["text"]
    assert role["fix"].endswith(f"and if it is still wanted gate grants give {NORMAL} n --power start")
    # These commands fix the rows.
    table = deployment.template.table["TableName"]
    for check in found.values():
        for command in check["fix"].replace(", or ", "\n").replace(", and if it is still wanted ", "\n").splitlines():
            words = shlex.split(command)
            assert words[0] in ("gate", "aws")
            if words[0] == "aws":
                assert words[:6] == ["aws", "dynamodb", "delete-item", "--table-name", table, "--key"]
                deployment.operator("dynamodb").delete_item(TableName=table, Key=json.loads(words[6]))
            elif words[2] == "give":
                filled = ["2099-12-31" if w == "YYYY-MM-DD" else "3600" if w == "SECONDS" else w for w in words[1:]]
                assert gate(*filled).code == 0
    checks = [check for check in gate("doctor", "--json").json["checks"] if check["name"] == "grants"]
    assert [check["level"] for check in checks] == ["ok"]


def test_a_user_of_another_claim_can_be_given_to_and_doctor_says_where_it_names_nobody(gate: Gate) -> None:
    assert gate("grants", "give", "user:00uA1b2", "n").out.strip() == "user:00uA1b2 may open n."
    assert ("user:00uA1b2", "n") in _keys(gate)
    assert "'00uA1b2' is not a principal" in gate("grants", "give", "00uA1b2", "n").err
    (check,) = [check for check in gate("doctor", "--json").json["checks"] if check["name"] == "grants"]
    assert check["level"] == "warning"
    assert check["text"] == "user:00uA1b2 n: users have e-mail addresses in this deployment, and this is not one"
    assert gate(*shlex.split(check["fix"])[1:]).code == 0
    assert ("user:00uA1b2", "n") not in _keys(gate)


def test_a_command_with_a_blank_left_in_it_gives_nothing(gate: Gate, put: Put) -> None:
    put("user:text@example.com", until={"S": "soon"})
    (listed,) = gate("grants", "list", "text@example.com", "--json").json["grants"]
    assert gate("grants", "give", "user:text@example.com", "n", "--until", "YYYY-MM-DD").code == 1
    assert gate("grants", "list", "text@example.com", "--json").json["grants"] == [listed]


def test_explain_tells_the_row_and_nothing_else(gate: Gate, put: Put) -> None:
    put("user:alice@example.com", "bob-notebook", until={"N": "1798675200000"})
    said = gate("explain", "alice@example.com", "bob-notebook", "--from", "127.0.0.1", "--json")
    finding = said.json["checks"][-1]
    assert (said.code, said.json["outcome"]) == (3, "not_granted")
    assert "grants nothing: until is not a whole number" in finding["text"]
    assert finding["fix"].startswith("gate grants give user:alice@example.com bob-notebook --until YYYY-MM-DD")


def test_list_marks_them(gate: Gate, put: Put) -> None:
    _write_all(put)
    said = gate("grants", "list")
    assert said.code == 0
    for name, (_, problem) in WRONG.items():
        (line,) = [line for line in said.out.splitlines() if f"user:{name}@" in line]
        assert f"(grants nothing: {problem}" in line
    listed = {each["principal"]: each for each in gate("grants", "list", "--json").json["grants"]}
    assert listed["user:text@example.com"]["grants_nothing"] is True
    assert listed["user:text@example.com"]["until"] == "soon"
    assert "grants_nothing" not in listed["user:odd@example.com"]
    assert len(listed["user:odd@example.com"]["problems"]) == 4
    assert "problems" not in listed["user:alice@example.com"]


def test_plan_says_what_apply_would_do_to_them_and_apply_does(gate: Gate, put: Put, tmp_path: Path) -> None:
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
    assert len(odd) == len(WRONG) + 4
    assert gate("grants", "apply", str(file), "--yes", "--allow-removals").code == 0
    assert gate("grants", "plan", str(file)).code == 0
    assert "grants nothing" not in gate("grants", "list").out


def test_export_writes_what_load_takes_and_says_what_it_leaves_out(gate: Gate, put: Put, tmp_path: Path) -> None:
    _write_all(put)
    put("user:two@example.com", "n", default={"BOOL": True})
    put("user:two@example.com", "m", default={"BOOL": True})
    file = tmp_path / "grants.yaml"
    said = gate("grants", "export", str(file))
    assert said.code == 3
    assert said.err.count("Left out because it grants nothing: ") == len(WRONG) + 4
    assert "user:two@example.com has 2 defaults, which count as none" in said.err
    assert file.read_text().count("# Left out: ") == len(WRONG) + 4
    told = gate("grants", "export")
    assert (told.code, told.out) == (3, file.read_text())
    assert len(gate("grants", "export", "--json").json["grants"]) == 5 + 3
    planned = gate("grants", "plan", str(file), "--json")
    assert planned.code == 3
    assert planned.json["additions"] == []
    assert len(planned.json["removals"]) == len(WRONG) + 4
    assert gate("grants", "apply", str(file), "--yes", "--allow-removals").code == 0
    again = gate("grants", "export")
    assert (again.code, again.err) == (0, "")


def test_the_readmes_raw_row_is_good_and_comes_back_from_an_export(gate: Gate, put: Put, tmp_path: Path) -> None:
    put("user:raw@example.com", "alice-notebook", until={"N": "4.1E9"}, session={"N": "3.6E3"}, default={"BOOL": False})
    assert "grants nothing" not in gate("grants", "list", "raw@example.com").out
    file = tmp_path / "grants.yaml"
    assert gate("grants", "export", str(file)).code == 0
    assert gate("grants", "plan", str(file)).code == 0


def test_the_last_day_that_there_is(gate: Gate, tmp_path: Path) -> None:
    """Written by people who mean: for ever."""
    assert gate("grants", "give", "ever@example.com", "n", "--until", "9999-12-31").code == 0
    assert gate("grants", "list", "ever@example.com", "--json").json["grants"][0]["until"] == "9999-12-31T23:59:59Z"
    file = tmp_path / "grants.yaml"
    assert gate("grants", "export", str(file)).code == 0
    assert gate("grants", "plan", str(file)).code == 0
    assert "until" in gate("grants", "give", "ever@example.com", "n", "--until", "9999-12-31T23:59:59-01:00").err
    assert "until" in gate("grants", "give", "ever@example.com", "n", "--until", "1969-01-01").err


def test_a_number_is_the_same_however_dynamodb_writes_it() -> None:
    entry = GrantSpec(principal="user:a@example.com", notebook="n", session=3600, until="9999-12-31")  # type: ignore[arg-type]
    key = {"principal": {"S": "user:a@example.com"}, "notebook": {"S": "n"}}
    item = {**key, "session": {"N": "3.6E3"}, "until": {"N": f"{MAX_EPOCH_SECONDS}.0"}}
    assert entry.matches(item)
    assert not entry.matches(item | {"session": {"N": "3601"}})
    assert not entry.matches(item | {"note": {"S": "x"}})
    assert not entry.matches(item | {"view": {"S": "x"}})
    assert not entry.matches(key)
    assert (row_errors(item), row_warnings(item)) == ([], [])
    assert effective_grant(item)["session"] == 3600


@given(value=VALUES)
def test_every_row_can_be_shown(value: dict[str, Any]) -> None:
    item = {"principal": {"S": "user:a@example.com"}, "notebook": {"S": "n"}} | dict.fromkeys(NAMES, value)
    assert json.dumps(json_row(item, 0))
    assert table_row(item, 0)
    text = Export.from_rows([item]).text()
    assert yaml.safe_load(text)["grants"] == Export.from_rows([item]).grants
    for grant in Export.from_rows([item]).grants:
        GrantSpec.model_validate(grant)
