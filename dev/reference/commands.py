"""The parts of docs/gate.md: each command of `gate`, as `--help` explains it."""

from collections.abc import Iterator
from typing import Any

import typer

from cli.main import app
from reference.markdown import paragraphs, text

GATE: Any = typer.main.get_command(app)

COMMON = ("--help", "--json")
"""Options that every command has."""


def options_before_commands() -> str:
    """Return the options that come before the command, and the exit codes."""
    return "\n".join([*_options(GATE), "", text(GATE.epilog)]) + "\n"


def commands() -> str:
    """Return a section for each command."""
    return "\n".join(_section(" ".join(["gate", *words]), command) for words, command in _leaves(GATE))


def _leaves(command: Any, *words: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not hasattr(command, "commands"):
        yield words, command
        return
    for name, each in command.commands.items():
        yield from _leaves(each, *words, name)


def _section(name: str, command: Any) -> str:
    found = [each for each in command.params if each.param_type_name == "argument"]
    usage = " ".join([name, *(each.name.upper() if each.required else f"[{each.name.upper()}]" for each in found)])
    items = [*(f"- `{each.name.upper()}`: {text(each.help)}" for each in found), *_options(command)]
    return "\n\n".join([f"## `{usage}`", paragraphs(command.help), *(["\n".join(items)] if items else [])]) + "\n"


def _options(command: Any) -> list[str]:
    named = [each for each in command.params if each.param_type_name == "option" and each.opts[0] not in COMMON]
    return [f"- `{_usage(each)}`: {text(each.help)}" for each in named]


def _usage(option: Any) -> str:
    return option.opts[0] if option.is_flag else f"{option.opts[0]} {option.name.upper()}"
