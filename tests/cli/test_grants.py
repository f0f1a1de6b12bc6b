"""`gate grants …` end to end against the AWS stand-in."""

import itertools
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.grants.file import GrantsFile
from cli.grants.plan import Plan
from cli.grants.table import GrantsTable
from gate.store.replay_guard import AlreadyUsedError, ReplayGuard
from grant_schema.spec import GrantSpec
from local.aws.seed import create_table
from local.deployment import LocalDeployment
from local.sample import Sample
from tests.cli.conftest import Gate
from trials.user import TestUser

WANTED = """\
grants:
  - principal: user:alice@example.com
    notebook: alice-notebook
    power: start
    until: 2099-12-31
  - principal: group:data-science
    notebook: shared-notebook
    view: classic
  - {principal: "user:dora@example.com", notebook: 210987654321/eu-central-1/far, default: true, session: 7200}
"""


@pytest.fixture
def table(deployment: LocalDeployment) -> GrantsTable:
    return GrantsTable(deployment.operator("dynamodb"), deployment.template.table["TableName"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "grants.yaml"
    path.write_text(WANTED)
    return path


@pytest.fixture(autouse=True)
def _as_before(deployment: LocalDeployment, sample: Sample) -> None:
    """Put the grants back to what the sample says."""
    deployment.operator("dynamodb").delete_table(TableName=deployment.template.table["TableName"])
    create_table(deployment.operator, deployment.template.table, sample.grants)


def test_a_plan_shows_what_apply_then_does_and_after_that_there_is_nothing(gate: Gate, file: Path) -> None:
    planned = gate("grants", "plan", str(file))
    assert planned.code == 3
    assert "+ user:dora@example.com 210987654321/eu-central-1/far (session=7200, default=True)" in planned.out
    assert (
        "~ user:alice@example.com alice-notebook (power: start-stop → start, until: none → 2099-12-31)" in planned.out
    )
    assert "- user:bob@example.com bob-notebook (session=14400)" in planned.out
    assert "1 added, 1 changed, 3 removed, 1 unchanged" in planned.out

    applied = gate("grants", "apply", str(file), "--yes")
    assert (applied.code, "Done: 1 added, 1 changed, 3 removed" in applied.out) == (0, True)
    assert gate("grants", "plan", str(file)).code == 0
    again = gate("grants", "apply", str(file), "--json")
    assert (again.code, again.json) == (0, {"added": 0, "changed": 0, "removed": 0, "conflicts": []})


def test_what_is_applied_is_what_the_function_reads(gate: Gate, file: Path, deployment: LocalDeployment) -> None:
    bob = TestUser(deployment)
    assert bob.open("/open/bob-notebook", "bob@example.com").status_code == 302
    gate("grants", "apply", str(file), "--yes")
    assert bob.go("/open/bob-notebook").status_code == 403
    assert bob.go("/open/shared-notebook").status_code == 302


def test_an_export_is_a_file_that_changes_nothing(gate: Gate, tmp_path: Path, file: Path) -> None:
    gate("grants", "apply", str(file), "--yes")
    exported = tmp_path / "exported.yaml"
    exported.write_text(gate("grants", "export").out)
    assert gate("grants", "plan", str(exported)).code == 0
    assert gate("grants", "export", str(exported)).code == 0
    assert gate("grants", "plan", str(exported), "--json").json["unchanged"] == 3
    assert len(gate("grants", "export", "--json").json["grants"]) == 3


def test_what_the_table_remembers_besides_is_left_alone(gate: Gate, file: Path, deployment: LocalDeployment) -> None:
    replay_guard = ReplayGuard(deployment.operator("dynamodb"), table=deployment.template.table["TableName"])
    replay_guard.claim("ticket/x")
    assert "replay:" not in gate("grants", "export").out
    gate("grants", "apply", str(file), "--yes")
    with pytest.raises(AlreadyUsedError):
        replay_guard.claim("ticket/x")


def test_nothing_is_done_unless_it_is_confirmed(gate: Gate, file: Path) -> None:
    refused = gate("grants", "apply", str(file), confirm="n")
    assert (refused.code, refused.err.strip()) == (1, "Nothing was changed")
    assert gate("grants", "plan", str(file)).code == 3
    assert gate("grants", "apply", str(file), confirm="y").code == 0


def test_many_removals_have_to_be_meant(gate: Gate, tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("grants: []\n")
    before = gate("grants", "export").out
    refused = gate("grants", "apply", str(empty), "--yes")
    assert refused.code == 1
    assert "This would remove 5 grants, which may be a mistake. Nothing was changed" in refused.err
    assert gate("grants", "export").out == before
    assert gate("grants", "apply", str(empty), "--yes", "--allow-removals").code == 0
    assert gate("grants", "list").out.strip() == "No grants."


BAD = """\
grants:
  - principal: alice
    notebook: alice-notebook
  - principal: user:Alice@Example.com
    notebook: -bad-
    sesion: 3600
  - principal: user:bob@example.com
    notebook: bob-notebook
    session: 60
    power: everything
    until: tomorrow
  - principal: user:carol@example.com
    notebook: n
    default: yes please
  - principal: user:dan@example.com
    notebook: n
    default: true
  - principal: user:dan@example.com
    notebook: m
    default: true
  - principal: user:dan@example.com
    notebook: n
  - just words
  - principal: group:x
    notebook: n
    notebook: m
"""


def test_all_problems_of_a_file_are_told_at_once_with_their_lines(gate: Gate, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(BAD)
    before = gate("grants", "export").out
    told = gate("grants", "apply", str(file), "--yes")
    assert told.code == 1
    lines = [line.removeprefix(f"{file}:") for line in told.err.splitlines()]
    wanted = [
        "2: 'alice' is not a principal", "4: 'user:Alice@Example.com' is not in normal form; write",
        "4: '-bad-' is not a valid notebook name", "4: sesion is not an attribute of a grant", "7: session = 60",
        "7: power = 'everything'", "7: 'tomorrow' is not a date; write 2026-12-31", "12: default = 'yes please'",
        "18: user:dan@example.com already has a default in line 15",
        "21: user:dan@example.com n is already granted in line",
        "23: is not a grant", "26: notebook is repeated",
    ]  # fmt: skip
    assert len(lines) == len(wanted)
    for line, words in zip(lines, wanted, strict=True):
        assert line.startswith(words)
    assert gate("grants", "export").out == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("grants: [}", "is not YAML"),
        ("- principal: x", "begins with `grants:`"),
        ("grants: {}", "grants is not a list"),
        ("grants: []\nmore: 1", "no other key"),
        ("", "begins with `grants:`"),
        ("grants: &a [*a]", "is not a grant"),
        ("grants:\n  - !!python/object/apply:os.system ['true']", "is not a grant"),
    ],
)
def test_files_of_another_form_are_refused(gate: Gate, tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(text)
    said = gate("grants", "plan", str(file))
    assert (said.code, told in said.err) == (1, True), said.err


def test_a_file_that_is_not_there_and_one_that_is_no_text(gate: Gate, tmp_path: Path) -> None:
    assert "can't be read: No such file" in gate("grants", "plan", str(tmp_path / "none.yaml")).err
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    assert "is not text in UTF-8" in gate("grants", "plan", str(tmp_path / "x")).err


def test_what_has_ended_counts_as_gone(gate: Gate, tmp_path: Path, deployment: LocalDeployment) -> None:
    file = tmp_path / "ended.yaml"
    file.write_text(
        gate("grants", "export").out + "- {principal: 'user:x@example.com', notebook: n, until: 2020-01-01}\n"
    )
    said = gate("grants", "plan", str(file))
    assert said.code == 0
    assert "has ended; the line can be removed" in said.out
    # In the table, too: DynamoDB may take days to remove it.
    item = GrantSpec(principal="user:y@example.com", notebook="n").item() | {"until": {"N": "5"}}
    deployment.operator("dynamodb").put_item(TableName=deployment.template.table["TableName"], Item=item)
    assert gate("grants", "plan", str(file)).code == 0
    file.write_text(gate("grants", "export").out.replace("until: '1970-01-01T00:00:05Z'", "until: 2099-01-01"))
    assert "1 added" in gate("grants", "apply", str(file), "--yes").out


def test_giving_changing_and_taking_one(gate: Gate, deployment: LocalDeployment) -> None:
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
    ("words", "told"),
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
def test_what_cannot_be_given_is_told(gate: Gate, words: tuple[str, ...], told: str) -> None:
    said = gate("grants", *words)
    assert (said.code, told in said.err) == (1, True), said.err
    assert "Traceback" not in said.err


def test_typing_it_wrong_ends_with_two(gate: Gate) -> None:
    assert gate("grants", "give", "bob@example.com").code == 2
    assert gate("grants", "nonsense").code == 2


# Two at once.


def _planned(table: GrantsTable, file: Path) -> Any:
    return Plan.compute(GrantsFile.load(file, now=time.time()).grants, table.all(), now=time.time())


def test_what_somebody_else_changed_meanwhile_is_not_written_over(
    table: GrantsTable, file: Path, deployment: LocalDeployment
) -> None:
    planned = _planned(table, file)
    dynamodb, name = deployment.operator("dynamodb"), deployment.template.table["TableName"]
    # Another operator changes one that would be removed, and one that would be changed, and adds what would be added.
    kept = GrantSpec(principal="user:bob@example.com", notebook="bob-notebook", power="start").item()
    other = GrantSpec(principal="user:alice@example.com", notebook="alice-notebook", view="classic").item()
    same = next(change.after.item() for change in planned.additions)
    for item in (kept, other, same):
        dynamodb.put_item(TableName=name, Item=item)

    lost = table.write(planned.row_changes, lambda _: None)

    assert {change.key for change in lost} == {
        ("user:alice@example.com", "alice-notebook"), ("user:bob@example.com", "bob-notebook"),
    }  # fmt: skip
    assert table.get(("user:bob@example.com", "bob-notebook")) == kept
    assert table.get(("user:alice@example.com", "alice-notebook")) == other


def test_a_conflict_is_said_and_ends_with_three(gate: Gate, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = GrantsTable.write

    def meanwhile(self: GrantsTable, changes: Any, advance: Any) -> Any:
        write(self, [change for change in changes if change.after is None][:1], advance)
        gone = next(change for change in changes if change.after is None)
        self._dynamodb.put_item(TableName=self._table, Item=gone.before | {"power": {"S": "start"}})
        return write(self, changes, advance)

    monkeypatch.setattr(GrantsTable, "write", meanwhile)
    said = gate("grants", "apply", str(file), "--yes")
    assert said.code == 3
    assert "1 grants were changed by another operator meanwhile" in said.out


def test_two_at_once_lose_no_grant(table: GrantsTable, tmp_path: Path, deployment: LocalDeployment) -> None:
    files = []
    for who in "ab":
        path = tmp_path / f"{who}.yaml"
        rows = (f"  - {{principal: 'user:{who}{n}@example.com', notebook: n{n}}}\n" for n in range(450))
        path.write_text("grants:\n" + "".join(rows))
        files.append(path)
    plans = [_planned(table, path) for path in files]
    tables = [GrantsTable(deployment.operator("dynamodb"), deployment.template.table["TableName"]) for _ in files]
    work = [
        threading.Thread(target=each.write, args=(planned.additions, lambda _: None))
        for each, planned in zip(tables, plans, strict=True)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    found = {key[0] for key in table.all()}
    assert {f"user:{who}{n}@example.com" for who, n in itertools.product("ab", range(450))} <= found


def test_what_was_interrupted_is_finished_by_typing_it_again(table: GrantsTable, gate: Gate, tmp_path: Path) -> None:
    file = tmp_path / "many.yaml"
    rows = (f"  - {{principal: 'user:p{n}@example.com', notebook: n}}\n" for n in range(2_500))
    file.write_text(gate("grants", "export").out + "".join(rows).replace("  - ", "- "))

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        table.write(_planned(table, file).row_changes, interrupt)
    done = len(table.all())
    assert 100 <= done < 2_500
    assert f"{2_505 - done} added, 0 changed, 0 removed" in gate("grants", "apply", str(file), "--yes").out
    assert gate("grants", "plan", str(file)).code == 0


def test_ctrl_c_is_told_in_a_line(gate: Gate, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(GrantsTable, "write", interrupted)
    said = gate("grants", "apply", str(file), "--yes")
    assert said.code in (1, 130)
    assert "Traceback" not in said.err


def test_a_busy_dynamodb_is_waited_for(
    table: GrantsTable, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    dynamodb = deployment.operator("dynamodb")
    real, tries = dynamodb.transact_write_items, itertools.count()

    def busy(**parameters: Any) -> Any:
        if next(tries) < 3:
            reasons = [{"Code": "TransactionConflict"}]
            raise ClientError(
                {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},
                "TransactWriteItems",
            )
        return real(**parameters)

    monkeypatch.setattr(dynamodb, "transact_write_items", busy)
    entry = GrantSpec(principal="user:z@example.com", notebook="n")
    patient = GrantsTable(dynamodb, deployment.template.table["TableName"], sleep=pauses.append)
    change = Plan.compute({entry.key: entry}, {}, now=0).row_changes
    assert patient.write(change, lambda _: None) == []
    assert (len(pauses), table.get(entry.key)) == (3, entry.item())


def test_a_hundred_thousand_grants_apply_and_apply_again(gate: Gate, tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    with file.open("w") as out:
        out.write("grants:\n")
        for n in range(100_000):
            out.write(f"  - principal: user:p{n}@example.com\n    notebook: n{n % 3000}\n    power: start-stop\n")
    said = gate("grants", "apply", str(file), "--yes", "--allow-removals")
    assert (said.code, "Done: 100000 added, 0 changed, 5 removed." in said.out) == (0, True), said.err
    again = gate("grants", "apply", str(file), "--yes")
    assert (again.code, "Nothing to do: all 100000 grants" in again.out) == (0, True)
