"""The commands that fix, restore or remove a row of the grants table."""

import json
from collections.abc import Mapping
from typing import Any

from cli.command_lines import CommandLines
from cli.deployed import Deployed
from cli.grant_schema.until import format_until
from gate.store.grant_row import MIN_SESSION, OPTIONAL, read
from gate.store.table import key_of
from gate.values.principal import normal_principal

_PLACEHOLDERS = {"until": "YYYY-MM-DD", "session": "SECONDS"}


def effective_grant(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row grants, as files write it. Unreadable and ignored values are left out."""
    row = read(item)
    readable = item.keys() - {*row.ignored, *row.unreadable}
    values: dict[str, Any] = {name: getattr(row, name) for name in OPTIONAL if name in readable}
    if "session" in values:
        values["session"] = max(values["session"], MIN_SESSION)
    if "until" in values:
        values["until"] = format_until(values["until"])
    principal, notebook = key_of(item)
    return {
        "principal": normal_principal(principal) or principal,
        "notebook": str(row.notebook or notebook),
        **values,
    }


def give_command(item: Mapping[str, Any], lines: CommandLines) -> str:
    """Return the command that gives what a row grants, with a placeholder for each unreadable value."""
    values = effective_grant(item)
    values |= {name: _PLACEHOLDERS[name] for name in read(item).unreadable if name in _PLACEHOLDERS}
    words = ["grants", "give", values.pop("principal"), values.pop("notebook")]
    words += [f"--{name}" for name in ("default", "owner") if values.pop(name, False)]
    for name, value in values.items():
        words += [f"--{name}", str(value)]
    return lines.gate(*words)


def fix_commands(item: Mapping[str, Any], deployed: Deployed) -> str:
    """Return the commands that correct or remove a row of the table of `deployed`."""
    give = give_command(item, deployed.lines)
    principal, notebook = key_of(item)
    normal, has_notebook = normal_principal(principal), "notebook" not in read(item).unreadable
    if normal == principal and has_notebook:
        return f"{give}, or {deployed.lines.gate('grants', 'take', principal, notebook)}"
    # `gate grants take` normalises its arguments, so it can't address a row whose key is not in normal form.
    key = json.dumps({name: item[name] for name in ("principal", "notebook")})
    remove = deployed.lines.aws("dynamodb", "delete-item", "--table-name", deployed.table, "--key", key)
    return f"{remove}, and if it is still wanted {give}" if normal and has_notebook else remove
