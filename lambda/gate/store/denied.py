"""The rows of denies: whose open notebooks are cut off, and up to which begin of their role sessions.

`gate revoke` writes rows for all notebooks of a caller, and the end of access that a request led to writes rows for one
notebook. `gate.launch.denies` brings them to the launch role.
"""

from typing import Any

from gate.store import key_prefixes
from gate.store.table import primary_key
from gate.values.notebook import Notebook
from gate.values.revocation import DENY_LIFETIME
from gate.values.session_name import session_name

REVOKED, ENDED = key_prefixes.REVOCATION, key_prefixes.ENDED
"""The partition keys."""


def revoked_row(name: str, before: int) -> dict[str, Any]:
    """Return the deny of the role sessions `name` that began before `before` (epoch seconds)."""
    return {**primary_key(REVOKED, name), **_times(before)}


def ended_row(principal: str, notebook: Notebook, before: int) -> dict[str, Any]:
    """Return the same deny for the person with `principal`, for `notebook` only."""
    name = session_name(principal.partition(":")[2])
    return {
        **primary_key(ENDED, f"{name} {notebook}"),
        "name": {"S": name},
        "asked_for": {"S": str(notebook)},
        **_times(before),
    }


def _times(before: int) -> dict[str, Any]:
    return {"before": {"N": str(before)}, "until": {"N": str(before + DENY_LIFETIME)}}
