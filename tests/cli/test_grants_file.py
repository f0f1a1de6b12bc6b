"""Files that are not valid grants files: every problem is reported with its line, and nothing is changed."""

from pathlib import Path

import pytest

from tests.cli.conftest import Gate

pytestmark = pytest.mark.usefixtures("sample_grants")
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


def test_all_problems_of_a_file_are_reported_with_their_lines(gate: Gate, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(BAD)
    before = gate("grants", "export").out
    result = gate("grants", "apply", str(file), "--yes")
    assert result.code == 1
    lines = [line.removeprefix(f"{file}:") for line in result.err.splitlines()]
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
    ("text", "message"),
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
def test_files_that_are_not_grants_files_are_rejected(gate: Gate, tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(text)
    result = gate("grants", "plan", str(file))
    assert (result.code, message in result.err) == (1, True), result.err


def test_missing_files_and_binary_files_are_rejected(gate: Gate, tmp_path: Path) -> None:
    assert "can't be read: No such file" in gate("grants", "plan", str(tmp_path / "none.yaml")).err
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    assert "is not text in UTF-8" in gate("grants", "plan", str(tmp_path / "x")).err
