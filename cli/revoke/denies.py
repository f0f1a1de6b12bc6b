"""Adds denies to the launch role so that none is lost when several operators revoke at once.

IAM has no conditional writes: if two operators read the policy, add to it and write it back, the later write erases
what the earlier one added, possibly after the earlier operator has checked it. DynamoDB keeps both. So a revoke

1. writes a row of its own for each role session's name,
2. reads the policy and all rows, and writes both together as the new policy,
3. reads both again, and goes back to 2 while a row is not denied.

The revoke that writes the policy last finds in step 3 the rows of every revoke that wrote before it, and does not end
before all of them are denied. A revoke that adds its row later also writes the policy later.

Two limits remain. A revoke that is killed between 2 and 3 may leave another deny erased until the next revoke, which
writes all rows again; `gate doctor` reports it until then. The same holds when somebody edits this policy by hand.
IAM's responses may be some seconds old; step 3 then writes once more than necessary.
"""

import time
from collections.abc import Callable, Sequence

from cli.errors import CommandError
from cli.grants.table import GrantsTable
from cli.revoke.launch_role import LaunchRolePolicies
from cli.revoke.revocations import DENY_LIFETIME, SESSION_MARGIN, Revocation, merged, missing
from gate.store import key_prefixes
from gate.store.table import primary_key

MAX_ATTEMPTS = 8
MAX_PAUSE = 5.0
"""Seconds between two attempts. All pauses together last 23 seconds at most."""


class DenyRows:
    """The denies as rows of the grants table. DynamoDB removes a row after its deny has expired."""

    def __init__(self, table: GrantsTable) -> None:
        self._table = table

    def all(self) -> list[Revocation]:
        """Return the denies of all rows. Raises `CommandError`."""
        items = self._table.of_principal(key_prefixes.REVOCATION)
        return [Revocation((item["notebook"]["S"],), int(item["before"]["N"])) for item in items]

    def add(self, name: str, before: int) -> None:
        """Deny the role sessions of `name` that began before `before` (epoch seconds). Raises `CommandError`."""
        key = primary_key(key_prefixes.REVOCATION, name)
        self._table.put_later({**key, "before": {"N": str(before)}, "until": {"N": str(before + DENY_LIFETIME)}})


def deny(
    policy: LaunchRolePolicies,
    rows: DenyRows,
    names: Sequence[str],
    *,
    now: int,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Deny the role sessions of `names` that began before `now` plus `SESSION_MARGIN`; return that moment.

    `now` is in epoch seconds. Raises `CommandError` if AWS refuses, or if others overwrite the policy repeatedly.
    """
    before = now + SESSION_MARGIN
    for name in names:
        rows.add(name, before)
    for attempt in range(MAX_ATTEMPTS):
        limit = policy.max_characters()
        policy.revoke(merged([*policy.revocations(), *rows.all()], now=now, max_characters=limit))
        if not missing(rows.all(), policy.revocations(), now=now):
            return before
        sleep(min(2.0**attempt / 4, MAX_PAUSE))
    raise CommandError(
        "The deny is not on the launch role: another operator writes the same policy, or IAM has not applied the "
        "write yet. Run the same command again"
    )
