"""Cutoffs: times that end a person's earlier sign-ins, tickets and waits.

`gate revoke` and "Sign out everywhere" write cutoffs. The function reads them together with the grants.
"""

from collections.abc import Iterable
from typing import Any

from gate.platform.log import logger
from gate.store import key_prefixes
from gate.store.table import Row, Table, primary_key
from gate.values.caller import Caller
from gate.values.errors.caller import SignInEndedError

EVERYBODY = "*"
"""The subject of the cutoff that applies to every person."""

CUTOFF_TTL = 30 * 86_400
"""Seconds after which DynamoDB may delete a cutoff.

A sign-in lasts for one day at most. The issuer decides how long an ID token lasts.
"""


LATER = "attribute_not_exists(#principal) OR #before < :before"
"""The condition of the write of a cutoff: it fails if the same or a later cutoff exists."""


def cutoff_key(subject: str) -> dict[str, Any]:
    """Return the key of the cutoff of `subject`: `user:<e-mail>`, `slack:<team>/<user>`, or `EVERYBODY`."""
    return primary_key(f"{key_prefixes.CUTOFF}{subject}")


def cutoff_row(subject: str, before: int) -> dict[str, Any]:
    """Return the row that ends what `subject` proved before `before` (epoch seconds). Write it if `LATER` holds."""
    return {**cutoff_key(subject), "before": {"N": str(before)}, "until": {"N": str(before + CUTOFF_TTL)}}


def cutoff_keys(caller: Caller) -> list[dict[str, Any]]:
    """Return the keys of the cutoffs that apply to `caller`: one for each of their names, and `EVERYBODY`."""
    return [cutoff_key(name) for name in (*caller.names, EVERYBODY)]


def apply_cutoffs(items: Iterable[Row], caller: Caller) -> list[Row]:
    """Return the `items` that are not cutoffs.

    Raises `SignInEndedError` if one of the cutoffs is later than the proof of `caller`'s identity.
    """
    others = []
    for item in items:
        if not item["principal"]["S"].startswith(key_prefixes.CUTOFF):
            others.append(item)
        elif caller.proven_at < _cutoff_time(item):
            raise SignInEndedError(caller.via)
    return others


def _cutoff_time(item: Row) -> float:
    try:
        return float(item["before"]["N"])
    except (KeyError, ValueError):
        # The cutoff was meant to end sign-ins. Which ones is unknown, so it ends all of them.
        logger.error("malformed cutoff", principal=item["principal"]["S"])
        return float("inf")


class Cutoffs:
    """Writes cutoffs for people who sign out everywhere."""

    def __init__(self, table: Table):
        self._table = table

    def end_sign_ins(self, caller: Caller) -> None:
        """End all present sign-ins, tickets and waits of `caller`.

        The cutoff is the next full second, so that it also ends what was signed within the present second.
        Raises `SignInEndedError` if the caller's own sign-in was ended before, so that an old cookie cannot end newer
        sign-ins. Raises the errors of `Table`.
        """
        apply_cutoffs(self._table.get(cutoff_keys(caller)), caller)
        cutoff = int(max(self._table.now(), caller.proven_at)) + 1
        self._table.put(cutoff_row(caller.subject, cutoff), LATER)
