"""What `gate doctor` sees of the denies of `gate revoke`."""

from collections.abc import Iterator
from typing import Literal

from cli.deployed import Deployed
from cli.revoke.denies import DenyRows
from cli.revoke.launch_role import LaunchRolePolicies
from cli.revoke.revocations import missing

TRIAL = "notebook-gate-doctor"
"""The launch role's policy that `gate doctor --live` writes, and removes again."""


def standing_denies(deployed: Deployed, *, now: int) -> Iterator[tuple[Literal["ok", "look", "bad"], str, str]]:
    """Yield level, text and mend of each finding at `now` (epoch seconds). Raises `CommandError`.

    It only looks. Tidying up is left to the next revoke: a doctor that wrote could erase what a revoke adds meanwhile.
    """
    role = LaunchRolePolicies(deployed.aws.client("iam"), deployed.launch_role)
    wanted = DenyRows(deployed.aws.client("dynamodb"), deployed.table).all()
    found = role.revocations()  # after the rows, which a revoke that is under way writes first
    for name in missing(wanted, found, now=now):
        told = f"{name} was revoked, and the launch role does not deny their sessions"
        yield "bad", told, "Type gate revoke again, for them or anybody: it puts all denies back."
    if role.policy(TRIAL):
        yield "look", "a gate doctor --live was interrupted and left its deny behind", "The next --live removes it."
    over = sum(each.is_over(now) for each in found)
    told = f"; {over} are over, and the next revoke takes them off" if over else ""
    yield "ok", f"{len(found) - over} denies of gate revoke stand{told}", ""
