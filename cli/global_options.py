"""The options that name a deployment. They are accepted before a command and after it."""

from copy import copy
from dataclasses import fields, replace
from typing import Any

import typer
from typer.core import TyperGroup

from cli.context import Context

PANEL = "Options of every command"


class GateGroup(TyperGroup):
    """The command `gate`, whose options that name a deployment are options of every command below it, too."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        names = {field.name for field in fields(Context)}
        _add_to_all(self, [_repeated(each) for each in self.params if each.name in names])


def with_options(context: typer.Context, present: Context, **given: Any) -> Context:
    """Return `present` with the options that are `given`. Raises `BadParameter` for options that exclude each other."""
    changed = replace(present, **given)
    if changed.table and changed.stack:
        raise typer.BadParameter("use --stack or --table, not both", ctx=context)
    return changed


def _repeated(option: Any) -> Any:
    """Return a copy of `option` that replaces what the same option before the command has set."""
    repeated = copy(option)
    repeated.callback, repeated.expose_value, repeated.rich_help_panel = _keep, False, PANEL
    return repeated


def _keep(context: typer.Context, option: Any, value: Any) -> None:
    if value:
        context.obj = with_options(context, context.obj or Context(), **{option.name: value})


def _add_to_all(group: Any, options: list[Any]) -> None:
    for command in group.commands.values():
        command.params += options
        if isinstance(command, TyperGroup):
            _add_to_all(command, options)
