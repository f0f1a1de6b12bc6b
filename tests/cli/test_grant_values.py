"""Values of grants in every notation, and the last possible day."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from cli.grant_schema.spec import GrantSpec
from cli.grants.display import json_row, table_row
from cli.grants.export import Export
from cli.grants.row_fixes import effective_grant
from cli.grants.row_problems import row_errors, row_warnings
from gate.store.grant_row import MAX_EPOCH_SECONDS
from testing.rows import NAMES, VALUES
from tests.cli.conftest import Gate, PutRow

pytestmark = pytest.mark.usefixtures("sample_grants")


def test_a_row_written_with_the_aws_command_line_is_valid(gate: Gate, put: PutRow, tmp_path: Path) -> None:
    put("user:raw@example.com", "alice-notebook", until={"N": "4.1E9"}, session={"N": "3.6E3"}, default={"BOOL": False})
    assert "grants nothing" not in gate("grants", "list", "raw@example.com").out
    file = tmp_path / "grants.yaml"
    assert gate("grants", "export", str(file)).code == 0
    assert gate("grants", "plan", str(file)).code == 0


def test_the_last_possible_day(gate: Gate, tmp_path: Path) -> None:
    """Some people write this date for a grant without an end."""
    assert gate("grants", "give", "ever@example.com", "n", "--until", "9999-12-31").code == 0
    assert gate("grants", "list", "ever@example.com", "--json").json["grants"][0]["until"] == "9999-12-31T23:59:59Z"
    file = tmp_path / "grants.yaml"
    assert gate("grants", "export", str(file)).code == 0
    assert gate("grants", "plan", str(file)).code == 0
    assert "until" in gate("grants", "give", "ever@example.com", "n", "--until", "9999-12-31T23:59:59-01:00").err
    assert "until" in gate("grants", "give", "ever@example.com", "n", "--until", "1969-01-01").err


def test_numbers_match_in_every_notation_of_dynamodb() -> None:
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
