"""`gate grants` end to end, against the local AWS."""

import time
from pathlib import Path

import pytest

from cli.grant_schema.spec import GrantSpec
from gate.store.replay_guard import AlreadyUsedError, ReplayGuard
from gate.store.table import Table
from local.deployment import LocalDeployment
from testing.user import TestUser
from tests.cli.conftest import Gate

pytestmark = pytest.mark.usefixtures("sample_grants")


def test_plan_shows_what_apply_does(gate: Gate, file: Path) -> None:
    planned = gate("grants", "plan", str(file))
    assert planned.code == 3
    assert "+ user:dora@example.com 210987654321/eu-central-1/far (session=7200, default=true)" in planned.out
    assert (
        "~ user:alice@example.com alice-notebook (power: start-stop → start, until: none → 2099-12-31)" in planned.out
    )
    assert "- user:bob@example.com bob-notebook (session=14400)" in planned.out
    assert "1 added, 1 changed, 4 removed, 1 unchanged" in planned.out

    applied = gate("grants", "apply", str(file), "--yes")
    assert (applied.code, "Done: 1 added, 1 changed, 4 removed" in applied.out) == (0, True)
    assert gate("grants", "plan", str(file)).code == 0
    again = gate("grants", "apply", str(file), "--json")
    assert (again.code, again.json) == (0, {"added": 0, "changed": 0, "removed": 0, "conflicts": []})


def test_the_function_reads_the_applied_grants(gate: Gate, file: Path, deployment: LocalDeployment) -> None:
    bob = TestUser(deployment)
    assert bob.open("/open/bob-notebook", "bob@example.com").status_code == 302
    gate("grants", "apply", str(file), "--yes")
    assert bob.go("/open/bob-notebook").status_code == 403
    assert bob.go("/open/shared-notebook").status_code == 302


def test_applying_an_export_changes_nothing(gate: Gate, tmp_path: Path, file: Path) -> None:
    gate("grants", "apply", str(file), "--yes")
    exported = tmp_path / "exported.yaml"
    exported.write_text(gate("grants", "export").out)
    assert gate("grants", "plan", str(exported)).code == 0
    assert gate("grants", "export", str(exported)).code == 0
    assert gate("grants", "plan", str(exported), "--json").json["unchanged"] == 3
    assert len(gate("grants", "export", "--json").json["grants"]) == 3


def test_rows_that_are_not_grants_are_left_alone(gate: Gate, file: Path, deployment: LocalDeployment) -> None:
    replay_guard = ReplayGuard(
        Table(deployment.operator("dynamodb"), deployment.template.table["TableName"], time.time)
    )
    replay_guard.claim("ticket/x")
    assert "replay:" not in gate("grants", "export").out
    gate("grants", "apply", str(file), "--yes")
    with pytest.raises(AlreadyUsedError):
        replay_guard.claim("ticket/x")


def test_apply_needs_a_confirmation(gate: Gate, file: Path) -> None:
    refused = gate("grants", "apply", str(file), confirm="n")
    assert (refused.code, refused.err.strip()) == (1, "Nothing was changed")
    assert gate("grants", "plan", str(file)).code == 3
    assert gate("grants", "apply", str(file), confirm="y").code == 0


def test_many_removals_need_an_option(gate: Gate, tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("grants: []\n")
    before = gate("grants", "export").out
    refused = gate("grants", "apply", str(empty), "--yes")
    assert refused.code == 1
    assert "This would remove 6 grants, which may be a mistake. Nothing was changed" in refused.err
    assert gate("grants", "export").out == before
    assert gate("grants", "apply", str(empty), "--yes", "--allow-removals").code == 0
    assert gate("grants", "list").out.strip() == "No grants."


def test_ended_grants_count_as_removed(gate: Gate, tmp_path: Path, deployment: LocalDeployment) -> None:
    file = tmp_path / "ended.yaml"
    file.write_text(
        gate("grants", "export").out + "- {principal: 'user:x@example.com', notebook: n, until: 2020-01-01}\n"
    )
    result = gate("grants", "plan", str(file))
    assert result.code == 0
    assert "has ended; the line can be removed" in result.out
    # A row that has ended: DynamoDB may take days to remove it.
    item = GrantSpec(principal="user:y@example.com", notebook="n").item() | {"until": {"N": "5"}}
    deployment.operator("dynamodb").put_item(TableName=deployment.template.table["TableName"], Item=item)
    assert gate("grants", "plan", str(file)).code == 0
    file.write_text(gate("grants", "export").out.replace("until: '1970-01-01T00:00:05Z'", "until: 2099-01-01"))
    assert "1 added" in gate("grants", "apply", str(file), "--yes").out


def test_give_change_and_take_one_grant(gate: Gate, deployment: LocalDeployment) -> None:
    given = gate("grants", "give", "carol@example.com", "bob-notebook", "--until", "2099-06-30", "--power", "start")
    assert (given.code, given.out.strip()) == (
        0, "user:carol@example.com may open bob-notebook (power=start, until=2099-06-30).",
    )  # fmt: skip
    assert TestUser(deployment).open("/open", "carol@example.com").status_code == 302
    changed = gate("grants", "give", "carol@example.com", "bob-notebook", "--json").json
    assert (changed["before"]["power"], "power" in changed["after"]) == ("start", False)
    assert "bob-notebook" in gate("grants", "list", "carol@example.com").out
    listed = gate("grants", "list", "--notebook", "bob-notebook", "--json").json["grants"]
    assert [grant["principal"] for grant in listed] == ["user:bob@example.com", "user:carol@example.com"]
    assert gate("grants", "take", "carol@example.com", "bob-notebook").code == 0
    again = gate("grants", "take", "carol@example.com", "bob-notebook")
    assert (again.code, "has no grant for bob-notebook" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("give", "nobody", "n"), "'nobody' is not a principal; write user:<e-mail or other name>"),
        (("give", "Bob@example.com", "n"), 'write "user:bob@example.com"'),
        (("give", "bob@example.com", "n_"), "is not a valid notebook name"),
        (("give", "bob@example.com", "n", "--session", "5"), "session = 5"),
        (("give", "bob@example.com", "n", "--until", "2020-01-01"), "--until 2020-01-01 is in the past"),
        (("give", "bob@example.com", "n", "--until", "soon"), "'soon' is not a date"),
        (("give", "bob@example.com", "n", "--power", "all"), "power = 'all'"),
        (("list", "iam:me"), "is not a principal"),
    ],
)
def test_invalid_grants_are_rejected(gate: Gate, words: tuple[str, ...], message: str) -> None:
    result = gate("grants", *words)
    assert (result.code, message in result.err) == (1, True), result.err
    assert "Traceback" not in result.err


def test_usage_errors_exit_with_two(gate: Gate) -> None:
    assert gate("grants", "give", "bob@example.com").code == 2
    assert gate("grants", "nonsense").code == 2


def test_without_access_requests_owners_have_no_page_to_be_shown_unused_grants(gate: Gate) -> None:
    result = gate("grants", "unused", "--days", "90", "--show-owners")
    assert (result.code, result.out) == (1, "")
    assert "there is no page /requests/access, because requests.approvers is empty" in result.err
