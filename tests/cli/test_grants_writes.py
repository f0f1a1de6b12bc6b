"""Writing grants: concurrent changes, interrupts, cancelled transactions, and many rows."""

import itertools
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.grant_schema.spec import GrantSpec
from cli.grants.file import GrantsFile
from cli.grants.plan import Plan
from cli.grants.table import GrantsTable
from local.aws.dynamodb import SCAN_PAGE
from local.deployment import LocalDeployment
from tests.cli.conftest import Gate

pytestmark = pytest.mark.usefixtures("sample_grants")


@pytest.fixture
def table(deployment: LocalDeployment) -> GrantsTable:
    return GrantsTable(deployment.operator("dynamodb"), deployment.template.table["TableName"])


def _planned(table: GrantsTable, file: Path) -> Any:
    return Plan.compute(GrantsFile.load(file, now=time.time()).grants, table.all(), now=time.time())


def test_a_concurrent_change_is_not_overwritten(table: GrantsTable, file: Path, deployment: LocalDeployment) -> None:
    planned = _planned(table, file)
    dynamodb, name = deployment.operator("dynamodb"), deployment.template.table["TableName"]
    # Another operator changes a grant that the plan removes and one that it changes, and adds one that it adds.
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


def test_a_conflict_is_reported_and_exits_with_three(gate: Gate, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = GrantsTable.write

    def meanwhile(self: GrantsTable, changes: Any, advance: Any) -> Any:
        write(self, [change for change in changes if change.after is None][:1], advance)
        gone = next(change for change in changes if change.after is None)
        self._dynamodb.put_item(TableName=self._table, Item=gone.before | {"power": {"S": "start"}})
        return write(self, changes, advance)

    monkeypatch.setattr(GrantsTable, "write", meanwhile)
    result = gate("grants", "apply", str(file), "--yes")
    assert result.code == 3
    assert "1 grants were changed by another operator meanwhile" in result.out


def test_two_concurrent_applies_lose_no_grant(table: GrantsTable, tmp_path: Path, deployment: LocalDeployment) -> None:
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


def test_an_interrupted_apply_is_completed_by_running_it_again(table: GrantsTable, gate: Gate, tmp_path: Path) -> None:
    many = SCAN_PAGE + 500  # so that both commands need the second page of the table
    file = tmp_path / "many.yaml"
    rows = (f"  - {{principal: 'user:p{n}@example.com', notebook: n}}\n" for n in range(many))
    file.write_text(gate("grants", "export").out + "".join(rows).replace("  - ", "- "))

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        table.write(_planned(table, file).row_changes, interrupt)
    done = len(table.all())
    assert 100 <= done < many
    assert f"{many + 6 - done} added, 0 changed, 0 removed" in gate("grants", "apply", str(file), "--yes").out
    assert gate("grants", "plan", str(file)).code == 0


def test_ctrl_c_prints_no_traceback(gate: Gate, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(GrantsTable, "write", interrupted)
    result = gate("grants", "apply", str(file), "--yes")
    assert result.code in (1, 130)
    assert "Traceback" not in result.err


def test_cancelled_transactions_are_retried(
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
