"""The denies of `gate revoke`, as rows of the grants table and on the launch role (`gate.launch.denies.applying`)."""

import time
from collections.abc import Callable, Sequence

from cli.aws import aws_errors
from cli.errors import CommandError
from cli.grants.table import GrantsTable
from cli.revoke.launch_role import remove_policy
from gate.launch.denies.applying import OverwrittenError, apply
from gate.launch.denies.launch_role import FORMER_POLICY, REVOKED_POLICY, LaunchRolePolicies
from gate.launch.denies.rows import read_denies
from gate.platform.config import Config
from gate.store.denied import ENDED, REVOKED, revoked_row
from gate.values.revocation import SESSION_MARGIN, Revocation, TooManyDeniesError


class DenyRows:
    """The denies as rows of the grants table. DynamoDB removes a row after its deny has expired."""

    def __init__(self, table: GrantsTable, config: Config) -> None:
        """`config`: that of the deployment."""
        self._table = table
        self._config = config

    def all(self) -> list[Revocation]:
        """Return the denies of all rows. Raises `CommandError`."""
        items = [item for partition in (REVOKED, ENDED) for item in self._table.of_principal(partition)]
        return list(read_denies(items, self._config, now=time.time()))

    def add(self, name: str, before: int) -> None:
        """Deny the role sessions of `name` that began before `before` (epoch seconds). Raises `CommandError`."""
        self._table.put_later(revoked_row(name, before))


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
    try:
        with aws_errors():
            apply(policy, rows.all, now=now, sleep=sleep)
            is_owned = REVOKED_POLICY in policy.names()
    except OverwrittenError:
        raise CommandError(
            "The deny is not on the launch role: another operator writes the same policy, or IAM has not applied the "
            "write yet. Run the same command again"
        ) from None
    except TooManyDeniesError:
        raise CommandError(
            "More callers are revoked than an IAM policy can hold. --everybody in place of a caller ends the sessions "
            "of all"
        ) from None
    if is_owned:
        remove_policy(policy, FORMER_POLICY)  # its denies are in the other one now
    return before
