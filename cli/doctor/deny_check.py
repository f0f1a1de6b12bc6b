"""Checks that the denies of `gate revoke` are on the launch role."""

from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from cli.grants.table import GrantsTable
from cli.revoke.deny_rows import DenyRows
from cli.revoke.launch_role import LaunchRolePolicies
from cli.revoke.revocations import missing

DOCTOR_POLICY = "notebook-gate-doctor"
"""The inline policy of the launch role that `gate doctor --live` writes and removes."""


def check_denies(deployed: Deployed, *, now: int) -> Outcomes:
    """Check the denies at `now` (epoch seconds). Raises `CommandError`.

    This check writes nothing. If it removed expired denies, it could erase one that a concurrent revoke adds; the next
    revoke removes them.
    """
    role = LaunchRolePolicies(deployed.aws.client("iam"), deployed.launch_role)
    wanted = DenyRows(GrantsTable.of(deployed)).all()
    present = role.revocations()  # read after the rows, since a concurrent revoke writes its row first
    for name in missing(wanted, present, now=now):
        text = f"{name} was revoked, but the launch role does not deny their sessions"
        yield Outcome("error", text, "Run gate revoke again, for them or anybody else: it restores all denies.")
    if role.policy(DOCTOR_POLICY):
        text = "an interrupted gate doctor --live has left its deny on the launch role"
        yield Outcome("warning", text, "The next --live removes it.")
    expired = sum(revocation.has_expired(now) for revocation in present)
    note = f"; {expired} have expired, and the next revoke removes them" if expired else ""
    yield Outcome("ok", f"{len(present) - expired} denies of gate revoke are in effect{note}")
