"""The options of every command, help, and shell completion."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Gate

COMPLETE = """
eval "$(gate --show-completion)"
complete_words() {
    COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
    _gate_completion gate "${COMP_WORDS[$COMP_CWORD]}"
    echo "${COMPREPLY[*]}"
}
complete_words gate req
complete_words gate --local grants li
complete_words gate grants list --sta
"""


@pytest.mark.parametrize(
    "words",
    [
        ("--stack", "other", "grants", "list"),
        ("grants", "--stack", "other", "list"),
        ("grants", "list", "--stack", "other"),
        ("grants", "list", "--stack=other", "alice@example.com"),
        ("doctor", "--stack", "other"),
    ],
)
def test_options_are_accepted_before_and_after_a_command(gate: Gate, words: tuple[str, ...]) -> None:
    result = gate(*words)
    assert (result.code, "There is no stack other in eu-west-1" in result.err) == (1, True)


@pytest.mark.parametrize(
    "words", [("grants", "list", "--local"), ("grants", "--local", "list"), ("--local", "grants", "list")]
)
def test_a_flag_is_accepted_before_and_after_a_command(gate: Gate, words: tuple[str, ...]) -> None:
    result = gate(*words, first=())
    assert (result.code, "alice-notebook" in result.out) == (0, True)


def test_the_last_of_several_values_counts(gate: Gate) -> None:
    assert "no stack second in" in gate("--stack", "first", "grants", "list", "--stack", "second").err
    # An option that is given once is kept beside others.
    assert "no stack first in" in gate("--stack", "first", "grants", "list", "--profile", "p").err


@pytest.mark.parametrize(
    "words",
    [
        ("--stack", "a", "--table", "t", "grants", "list"),
        ("--stack", "a", "grants", "list", "--table", "t"),
        ("grants", "--table", "t", "list", "--stack", "a"),
    ],
)
def test_options_that_exclude_each_other_are_a_usage_error_wherever_they_are(
    gate: Gate, words: tuple[str, ...]
) -> None:
    result = gate(*words)
    assert (result.code, "use --stack or --table, not both" in result.err) == (2, True)


def test_the_value_of_another_option_is_not_taken_for_one(gate: Gate) -> None:
    # The stand-in answers all the same: `--local` after `--notebook` is a (bad) name, and not the option.
    result = gate("grants", "list", "--notebook", "--stack")
    assert (result.code, "is not a valid notebook name" in result.err) == (1, True)


@pytest.mark.parametrize("words", [(), ("grants",), ("grants", "list"), ("explain",), ("requests", "allow")])
def test_every_help_names_the_options_of_every_command(gate: Gate, words: tuple[str, ...]) -> None:
    short, long = gate(*words, "-h"), gate(*words, "--help")
    assert (short.code, short.out) == (0, long.out)
    for option in ("--stack", "--profile", "--region", "--local", "--table", "--help", "-h"):
        assert f" {option} " in short.out
    assert ("Options of every command" in short.out) == bool(words)


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    gate = tmp_path / "gate"
    program = 'import sys; sys.argv[0] = "gate"; from notebook_gate import main; main()'
    gate.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{program}' \"$@\"\n")
    gate.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": f"{ROOT}/lambda:{ROOT}", "HOME": str(tmp_path)}
    ran = subprocess.run([bash, "-c", COMPLETE], env=environment, capture_output=True, text=True, timeout=300)
    assert ran.stdout.splitlines() == ["requests", "list", "--stack"], ran.stderr
