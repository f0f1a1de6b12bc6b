"""Command lines that `gate` prints: pasted into a terminal, they act on the same deployment."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.context import Context
from tests.cli.conftest import ROOT, Gate, PutRow

pytestmark = pytest.mark.usefixtures("sample_grants")

COMMAND = re.compile(r"\bgate (--|grants|explain|revoke|doctor|requests|rotate-key)")
MENTIONED = (
    "gate requests list shows it",  # help, before any option is known
    "denies of gate revoke are in effect",
    "interrupted gate doctor --live",
    "The next gate revoke after that",
    "see `gate revoke`",
)
"""Sentences about a command, which nobody pastes."""


@pytest.mark.parametrize(
    ("context", "options", "aws"),
    [
        (Context(), "", ""),
        (Context(local=True), " --local", ""),
        (Context(stack="a b"), " --stack 'a b'", ""),
        (Context(table="t", region="eu-west-1"), " --table t --region eu-west-1", " --region eu-west-1"),
        (
            Context(stack="s", profile="p", region="r"),
            " --stack s --profile p --region r",
            " --profile p --region r",
        ),
    ],
)
def test_a_command_line_repeats_the_options_that_name_the_deployment(context: Context, options: str, aws: str) -> None:
    lines = context.command_lines
    assert lines.gate("grants", "take", "group:a b", "n") == f"gate{options} grants take 'group:a b' n"
    assert lines.aws("iam", "get-role") == f"aws iam get-role{aws}"


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("grants", "take", "x@example.com", "n"), "grants list user:x@example.com"),
        (("explain", "bob@example.com", "alice-notebook", "--from", "127.0.0.1"), "grants give user:bob@example.com"),
        (("doctor",), "grants give user:bad@example.com n --until YYYY-MM-DD"),
        (("rotate-key", "--now"), "rotate-key --leaked"),
        (("revoke", "--yes", "bob@example.com"), "grants give user:bob@example.com bob-notebook"),
        (("revoke", "group:x"), "grants take group:x"),
    ],
)
def test_every_command_suggests_with_its_own_options(
    gate: Gate, put: PutRow, words: tuple[str, ...], command: str
) -> None:
    put("user:bad@example.com", until={"S": "soon"})
    result = gate(*words, "--stack", "local", "--region", "eu-west-1")
    assert f"gate --local --stack local --region eu-west-1 {command}" in result.out + result.err


def test_the_commands_that_undo_a_revocation_work_as_they_are(gate: Gate) -> None:
    before = gate("grants", "list", "--json").json
    undo = gate("revoke", "--yes", "bob@example.com", "--stack", "local", "--json").json["undo"]
    assert gate("grants", "list", "--json").json != before
    for line in undo:
        assert gate(*shlex.split(line)[1:], first=()).code == 0
    assert gate("grants", "list", "--json").json == before


def _texts(path: Path) -> Iterator[str]:
    """Yield the string literals of a module, without docstrings."""
    tree = ast.parse(path.read_text())
    statements = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in statements:
            yield node.value


def test_no_other_module_spells_a_command_line() -> None:
    modules = [path for path in (ROOT / "cli").rglob("*.py") if path.name != "command_lines.py"]
    found = [text for path in modules for text in _texts(path) if text == "gate" or COMMAND.search(text)]
    assert [text for text in found if not any(mention in text for mention in MENTIONED)] == []
