"""Rows of the table that are not as `gate` writes them: what is wrong with each, and the commands that mend it."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from gate.identity.principal import normal_principal
from gate.store.grant_row import LATEST, MAX_SESSION, MIN_SESSION, OPTIONAL, read
from grant_schema.spec import GrantSpec
from grant_schema.until import format_until

_UNREADABLE = {
    "notebook": "notebook is not a valid notebook name",
    "session": f"session is no whole number of seconds from 1 to {MAX_SESSION}",
    "until": f"until is no whole number of seconds since 1970, up to {LATEST} (the end of the year 9999)",
}
_IGNORED = {
    "view": "view is neither lab nor classic and counts as lab",
    "power": "power is not none, start, start-stop or auto-start and counts as none",
    "default": "default is no boolean and counts as false",
}
_PLACEHOLDERS = {"until": "YYYY-MM-DD", "session": "SECONDS"}


def faults(item: Mapping[str, Any]) -> list[str]:
    """Say why a row grants nothing to anybody; empty where it does grant something."""
    found = []
    written = item["principal"]["S"]
    normal = normal_principal(written)
    if normal is None:
        found.append("principal is nobody that a grant can be given to")
    elif normal != written:
        found.append(f"principal is compared as {normal}, so this spelling never matches")
    return [*found, *(_UNREADABLE[name] for name in read(item).unreadable)]


def oddities(item: Mapping[str, Any]) -> list[str]:
    """Say what of a row counts for something else than it says."""
    row = read(item)
    found = [_IGNORED[name] for name in row.ignored]
    if row.session is not None and row.session < MIN_SESSION:
        found.append(f"session is under {MIN_SESSION} seconds and counts as {MIN_SESSION}")
    unknown = sorted(item.keys() - GrantSpec.model_fields.keys())
    return [*found, *(f"{name} is no attribute of a grant and counts for nothing" for name in unknown)]


def meant(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what can be read of a row, as files write it: with it as a file, nobody may open more or less."""
    row = read(item)
    left = item.keys() - {*row.ignored, *row.unreadable}
    values: dict[str, Any] = {name: getattr(row, name) for name in OPTIONAL if name in left}
    if "session" in values:
        values["session"] = max(values["session"], MIN_SESSION)
    if "until" in values:
        values["until"] = format_until(values["until"])
    principal = item["principal"]["S"]
    return {"principal": normal_principal(principal) or principal, "notebook": item["notebook"]["S"], **values}


def give_command(item: Mapping[str, Any]) -> str:
    """Return the command that gives what a row means, with placeholders for what cannot be read."""
    values = meant(item) | {name: _PLACEHOLDERS[name] for name in read(item).unreadable if name in _PLACEHOLDERS}
    words = ["gate", "grants", "give", values.pop("principal"), values.pop("notebook")]
    if values.pop("default", False):
        words.append("--default")
    for name, value in values.items():
        words += [f"--{name}", str(value)]
    return shlex.join(words)


def mend(item: Mapping[str, Any], table: str) -> str:
    """Return the commands that put a row of `table` right or remove it."""
    key = {name: item[name] for name in ("principal", "notebook")}
    written, named = key["principal"]["S"], key["notebook"]["S"]
    normal, given = normal_principal(written), "notebook" not in read(item).unreadable
    if normal == written and given:
        return f"{give_command(item)}, or {shlex.join(['gate', 'grants', 'take', written, named])}"
    # `gate` itself writes no such key, and would take it for the one in normal form.
    remove = ["aws", "dynamodb", "delete-item", "--table-name", table, "--key", json.dumps(key)]
    again = f", and where it is still wanted {give_command(item)}" if normal and given else ""
    return f"{shlex.join(remove)}{again}"
