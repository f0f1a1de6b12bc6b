"""The commands in the documents exist, and the guide of `gate` lists all of its commands."""

import contextlib
import json
import re
import shlex
from typing import Any

import pytest
import typer

from cli.main import app
from local.template import Template
from testing.aws_command import AwsCommand
from tests.infra.test_docs import DOCUMENTS, ROOT

GATE: Any = typer.main.get_command(app)


def _gate_commands(command: Any = GATE, *before: str) -> dict[str, Any]:
    """Return each command of `gate` by the words that call it. Groups of commands are left out."""
    if not hasattr(command, "commands"):
        return {" ".join(before): command}
    return {
        name: leaf
        for word, each in command.commands.items()
        for name, leaf in _gate_commands(each, *before, word).items()
    }


def _parse(words: list[str]) -> None:
    """Parse the arguments of `gate`. Raises typer's usage error if they are not a command of it."""
    context = GATE.make_context("gate", words)
    while hasattr(context.command, "commands"):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)


def _commands(text: str) -> list[str]:
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines()]


def test_every_command_exists() -> None:
    commands = [command for path in DOCUMENTS for command in _commands(path.read_text())]
    assert {"make run", "make test", "npx cdk deploy", "make slack"} <= set(commands)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands:
        if command == "source .venv/bin/activate":
            continue
        first, *rest = shlex.split(command)
        assert first in {"make", "npx", "aws", "gate"}, command
        if first == "make":
            assert rest[0] in targets
        if first == "gate":
            _parse(rest)
        if first == "npx":
            assert rest[:2] in (["cdk", "synth"], ["cdk", "bootstrap"], ["cdk", "deploy"])


def test_the_guide_of_gate_lists_every_command() -> None:
    listed = re.findall(
        r"^## `gate ([a-z -]+?)(?: [A-Z\[].*)?`$", (ROOT / "docs" / "gate.md").read_text(), re.MULTILINE
    )
    assert sorted(listed) == sorted(_gate_commands())


def test_every_gate_command_in_a_sentence_exists() -> None:
    found = [text for path in DOCUMENTS for text in re.findall(r"`gate (\S[^`]*)`", path.read_text())]
    assert len(found) > 20
    for text in found:
        # A sentence may name a command without its arguments. `--version` ends the program.
        with contextlib.suppress(typer.BadParameter, typer.Exit):
            _parse(shlex.split(text))


@pytest.mark.parametrize("name", _gate_commands())
def test_every_command_of_gate_takes_json(name: str) -> None:
    assert "--json" in [option for parameter in _gate_commands()[name].params for option in parameter.opts]


AWS_COMMANDS = [line for path in DOCUMENTS for line in _commands(path.read_text()) if line.startswith("aws ")]


@pytest.mark.parametrize("command", AWS_COMMANDS)
def test_every_aws_command_is_valid(command: str) -> None:
    AwsCommand.parse(command)


def test_the_item_in_the_guide_has_the_keys_of_the_table(template: Template) -> None:
    (command,) = (each for each in _commands((ROOT / "docs" / "deploy.md").read_text()) if "put-item" in each)
    item = json.loads(shlex.split(command)[-1])
    (table,) = (each for each in template["Resources"].values() if each["Type"] == "AWS::DynamoDB::Table")
    assert {key["AttributeName"] for key in table["Properties"]["KeySchema"]} == item.keys()
