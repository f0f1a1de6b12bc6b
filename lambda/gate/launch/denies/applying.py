"""Adds denies to the launch role so that none is lost when several people revoke at once.

IAM has no conditional writes: if two read the policy, add to it and write it back, the later write erases what the
earlier one added, possibly after the earlier one was checked. DynamoDB keeps both. So whoever ends access

1. writes a row of its own for each role session's name,
2. reads the policy and all rows, and writes both together as the new policy,
3. reads both again, and goes back to 2 while a row is not denied.

Who writes the policy last finds in step 3 the rows of everybody who wrote before it, and does not end before all of
them are denied. Who adds a row later also writes the policy later.

Two limits remain. If it is interrupted between 2 and 3, another deny may stay erased until the next time, which writes
all rows again; `gate doctor` reports it until then. The same holds when somebody edits this policy by hand. IAM's
responses may be some seconds old; step 3 then writes once more than necessary.
"""

from collections.abc import Callable, Iterable

from gate.launch.denies.launch_role import LaunchRolePolicies
from gate.values.revocation import Revocation, merged, missing

MAX_ATTEMPTS = 8
MAX_PAUSE = 5.0
"""Seconds between two attempts. All pauses together last 23 seconds at most."""


class OverwrittenError(Exception):
    """Others overwrite the policy repeatedly, or IAM has not applied the write yet."""


def apply(
    policy: LaunchRolePolicies, rows: Callable[[], Iterable[Revocation]], *, now: int, sleep: Callable[[float], None]
) -> None:
    """Write the denies of all rows to the launch role. `rows`: reads them. `now`: epoch seconds.

    Raises `OverwrittenError`, `TooManyDeniesError`, and the errors of `policy` and `rows`.
    """
    for attempt in range(MAX_ATTEMPTS):
        limit = policy.max_characters()
        policy.revoke(merged([*policy.revocations(), *rows()], now=now, max_characters=limit))
        if not missing(rows(), policy.revocations(), now=now):
            return
        sleep(min(2.0**attempt / 4, MAX_PAUSE))
    raise OverwrittenError
