"""Finds problems in rows of the grants table that `gate` did not write."""

from collections.abc import Mapping
from typing import Any

from cli.grant_schema.item import ATTRIBUTES
from gate.store.grant_row import MAX_EPOCH_SECONDS, MAX_SESSION, MAX_TITLE_LENGTH, MIN_SESSION, PROVENANCE, read
from gate.values.principal import normal_principal

_UNREADABLE = {
    "notebook": "notebook is not a valid notebook name",
    "session": f"session is not a whole number of seconds from 1 to {MAX_SESSION}",
    "until": f"until is not a whole number of seconds since 1970, up to {MAX_EPOCH_SECONDS} (the end of the year 9999)",
}
_IGNORED = {
    "view": "view is not one that the notebook has and is ignored",
    "power": "power is not none, start, start-stop or auto-start and counts as none",
    "title": f"title is not one line of 1 to {MAX_TITLE_LENGTH} characters and is ignored",
    "default": "default is not a boolean and counts as false",
    "owner": "owner is not a boolean and counts as false",
}


def row_errors(item: Mapping[str, Any]) -> list[str]:
    """Return why a row grants nothing; empty for a row that grants something."""
    errors = []
    written = item["principal"]["S"]
    normal = normal_principal(written)
    if normal is None:
        errors.append("principal is not a valid principal")
    elif normal != written:
        errors.append(f"principal is compared as {normal}, so this spelling never matches")
    return [*errors, *(_UNREADABLE[name] for name in read(item).unreadable)]


def row_warnings(item: Mapping[str, Any]) -> list[str]:
    """Return in what a row's effect differs from its text."""
    row = read(item)
    warnings = [_IGNORED[name] for name in row.ignored]
    if row.notebook is not None and str(row.notebook) != item["notebook"]["S"]:
        warnings.append(f"notebook counts as {row.notebook}")
    if row.session is not None and row.session < MIN_SESSION:
        warnings.append(f"session is under {MIN_SESSION} seconds and counts as {MIN_SESSION}")
    unknown = sorted(item.keys() - {*ATTRIBUTES, *PROVENANCE})
    return [*warnings, *(f"{name} is not an attribute of a grant and is ignored" for name in unknown)]
