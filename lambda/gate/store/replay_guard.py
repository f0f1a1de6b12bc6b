"""Guards against replays: what may happen once is recorded in the table by a conditional write."""

import secrets

from gate.store import key_prefixes
from gate.store.table import Table, primary_key

CLAIM_TTL = 3600
"""Seconds after which DynamoDB may delete a claim. Signatures and tickets have expired by then."""


class AlreadyUsedError(Exception):
    """The value was claimed before."""


class ReplayGuard:
    """Lets each value be claimed once, across all instances of the function."""

    def __init__(self, table: Table):
        self._table = table

    def claim(self, value: str, *, attempt_id: str = "") -> None:
        """Claim `value`, a name that nobody can guess or make up again.

        `attempt_id` is as hard to guess and identifies the client. A client that lost the response to an earlier call
        can claim the same value again with the same id. Without it, each call is an attempt of its own.
        Raises `AlreadyUsedError` if another attempt claimed the value, and the errors of `Table`.
        """
        attempt_id = attempt_id or secrets.token_urlsafe(16)
        row = {
            **primary_key(f"{key_prefixes.REPLAY_CLAIM}{value}"),
            "attempt_id": {"S": attempt_id},
            "until": {"N": str(int(self._table.now()) + CLAIM_TTL)},
        }
        if not self._table.put(row, "attribute_not_exists(#principal) OR #attempt_id = :attempt_id"):
            raise AlreadyUsedError
