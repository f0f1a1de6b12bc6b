"""Principals in another spelling: `gate` normalises them as the function does."""

import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import NORMAL_ROLE, ROLE, ROLE_WITH_PATH, Gate, PutRow

pytestmark = pytest.mark.usefixtures("sample_grants")
NFD, NFC = "group:e\u0301quipe", "group:\u00e9quipe"


def _keys(gate: Gate) -> set[tuple[str, str]]:
    return {(each["principal"], each["notebook"]) for each in gate("grants", "list", "--json").json["grants"]}


@pytest.mark.parametrize(("typed", "normal"), [(ROLE_WITH_PATH, NORMAL_ROLE), (NFD, NFC)])
def test_give_and_take_normalise_principals(gate: Gate, typed: str, normal: str) -> None:
    given = gate("grants", "give", typed, "n")
    assert (given.code, f"{typed} counts as {normal}" in given.out) == (0, True)
    assert (normal, "n") in _keys(gate)
    assert (typed, "n") not in _keys(gate)
    assert normal in gate("grants", "list", typed).out
    taken = gate("grants", "take", typed, "n")
    assert (taken.code, f"{normal} may no longer open n." in taken.out) == (0, True)
    assert (normal, "n") not in _keys(gate)
    assert "counts as" not in gate("grants", "give", normal, "n").out


def test_revoking_a_role_by_its_full_arn_removes_the_grants_of_its_sessions(gate: Gate, put: PutRow) -> None:
    put(NORMAL_ROLE)
    result = gate("revoke", "--yes", ROLE_WITH_PATH, "--json").json
    assert (result["who"], [each["notebook"] for each in result["taken"]]) == (NORMAL_ROLE, ["n"])


def test_a_file_is_normalised_and_replaces_rows_in_other_spellings(gate: Gate, put: PutRow, tmp_path: Path) -> None:
    file = tmp_path / "grants.yaml"
    file.write_text(
        f"grants:\n- {{principal: '{ROLE_WITH_PATH}', notebook: n}}\n- {{principal: '{NFD}', notebook: n}}\n"
    )
    put(ROLE_WITH_PATH)
    put(NFD)
    planned = gate("grants", "plan", str(file))
    assert f"{file}:2: {ROLE_WITH_PATH} counts as {NORMAL_ROLE}" in planned.out
    assert f"+ {NORMAL_ROLE} n" in planned.out
    assert f"- {ROLE_WITH_PATH} n" in planned.out
    assert f"! apply removes {ROLE_WITH_PATH} n: principal is compared as {NORMAL_ROLE}" in planned.out
    assert f"! apply removes {NFD} n: principal is compared as {NFC}" in planned.out
    assert gate("grants", "apply", str(file), "--yes", "--allow-removals").code == 0
    assert _keys(gate) == {(NORMAL_ROLE, "n"), (NFC, "n")}
    assert gate("grants", "plan", str(file)).code == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ROLE_WITH_PATH, NORMAL_ROLE),
        (NORMAL_ROLE, ROLE_WITH_PATH),
        (ROLE_WITH_PATH, f"{ROLE}/x/AWSReservedSSO_X_0123"),
        (NFC, NFD),
        (NFD, NFC),
    ],
)
def test_two_spellings_of_one_principal_are_a_duplicate(gate: Gate, tmp_path: Path, one: str, other: str) -> None:
    file = tmp_path / "grants.yaml"
    file.write_text(f"grants:\n- {{principal: '{one}', notebook: n}}\n- {{principal: '{other}', notebook: n}}\n")
    result = gate("grants", "plan", str(file))
    normal = NFC if "group" in one else NORMAL_ROLE
    assert (result.code, result.err.strip()) == (1, f"{file}:3: {normal} n is already granted in line 2")


def test_doctor_warns_of_users_without_an_e_mail_address(gate: Gate) -> None:
    assert gate("grants", "give", "user:00uA1b2", "n").out.startswith("user:00uA1b2 may open n.\n")
    assert ("user:00uA1b2", "n") in _keys(gate)
    assert "'00uA1b2' is not a principal" in gate("grants", "give", "00uA1b2", "n").err
    (check,) = [check for check in gate("doctor", "--json").json["checks"] if check["name"] == "grants"]
    assert check["level"] == "warning"
    assert check["text"] == "user:00uA1b2 n: users have e-mail addresses in this deployment, and this is not one"
    assert gate(*shlex.split(check["fix"])[1:]).code == 0
    assert ("user:00uA1b2", "n") not in _keys(gate)
