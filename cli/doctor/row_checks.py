"""Checks the rows of the grants table: the grants, and the denies of `gate revoke`."""

from collections import defaultdict
from collections.abc import Iterable

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from cli.grants.row_fixes import fix_commands
from cli.grants.row_problems import row_errors, row_warnings
from cli.grants.table import GrantsTable
from cli.revoke.denies import DenyRows
from gate.launch.denies.launch_role import FORMER_POLICY, LaunchRolePolicies
from gate.platform.aliases import DENIES
from gate.store.grant_row import read
from gate.values.notebook import USER, Notebook
from gate.values.revocation import missing

DOCTOR_POLICY = "notebook-gate-doctor"
"""The inline policy of the launch role that `gate doctor --live` writes and removes."""


def check_grants(deployed: Deployed) -> Outcomes:
    """Yield an outcome for each row that grants nothing, or not what its text says. Raises `CommandError`."""
    rows = GrantsTable.of(deployed).all()
    by_email = deployed.config.user_claim == "email"
    valid = 0
    for (principal, notebook), item in sorted(rows.items()):
        errors, warnings = row_errors(item), row_warnings(item)
        if errors:
            text = f"{principal} {notebook} grants nothing: {'; '.join(errors + warnings)}"
            yield Outcome("error", text, fix_commands(item, deployed))
        elif by_email and principal.startswith("user:") and "@" not in principal:
            text = f"{principal} {notebook}: users have e-mail addresses in this deployment, and this is not one"
            yield Outcome("warning", text, deployed.lines.gate("grants", "take", principal, notebook))
        elif warnings:
            text = f"{principal} {notebook}: {'; '.join(warnings)}"
            yield Outcome("warning", text, fix_commands(item, deployed))
        else:
            valid += 1
    if valid == len(rows):
        yield Outcome("ok", f"all {valid} grants are valid")
    yield from _check_user_names(deployed, filter(None, (read(item).notebook for item in rows.values())))


def _check_user_names(deployed: Deployed, notebooks: Iterable[Notebook]) -> Outcomes:
    """Yield an outcome if `{user}` stands for nobody, or if two patterns can become one notebook for two people."""
    patterns: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in (each.relative_to(deployed.home) for each in notebooks if each.is_for_users):
        domain, name, *_ = (*each.studio, "") if each.studio else ("", each.name)
        patterns[each.location, domain] |= {name.lower()} if USER in name else set()
    if patterns and not deployed.config.user_names.source:
        text = f"grants name notebooks with {USER}, which stands for nobody"
        yield Outcome("warning", text, "Set user_names.source in gate.toml (docs/studio.md).")
    for (_, domain), names in sorted(patterns.items()):
        if len(names) > 1:
            of = f"user profiles of {domain}" if domain else "notebook instances"
            text = (
                f"grants name {of} by several patterns: {', '.join(sorted(names))}. Two people can come to one notebook"
            )
            yield Outcome("warning", text, "Use one pattern for all of them (docs/studio.md).")


def check_denies(deployed: Deployed, *, now: int) -> Outcomes:
    """Check the denies at `now` (epoch seconds). Raises `CommandError`.

    This check writes nothing. If it removed expired denies, it could erase one that a concurrent revoke adds; the next
    revoke removes them.
    """
    role = LaunchRolePolicies(deployed.aws.client("iam"), deployed.launch_role)
    wanted = DenyRows(GrantsTable.of(deployed), deployed.config).all()
    with aws_errors():
        present = role.revocations()  # read after the rows, since a concurrent revoke writes its row first
        names = role.names()
    for name in missing(wanted, present, now=now):
        text = f"the access of {name} was ended, but the launch role does not deny their sessions"
        yield Outcome("error", text, _write_denies(deployed))
    for name in names:
        if name == DOCTOR_POLICY:
            text = "an interrupted gate doctor --live has left its deny on the launch role"
            yield Outcome("warning", text, "The next --live removes it.")
        elif name == FORMER_POLICY:
            text = f"the policy {name} of the launch role is not the stack's, so that the stack cannot be removed"
            yield Outcome("warning", text, "Deploy the stack. The next gate revoke after that moves its denies.")
    expired = sum(revocation.has_expired(now) for revocation in present)
    note = f"; {expired} have expired, and the next revoke removes them" if expired else ""
    yield Outcome("ok", f"{len(present) - expired} denies are in effect{note}")


def _write_denies(deployed: Deployed) -> str:
    """Return how to bring all denies to the launch role."""
    function = deployed.outputs.get("DeniesFunctionName")  # only where people can ask for access
    if not function:
        return f"Run {deployed.lines.gate('revoke')} again, for them or anybody else: it restores all denies."
    command = deployed.lines.aws("lambda", "invoke", "--function-name", f"{function}:{DENIES}", "/dev/stdout")
    return f"A schedule does it within five minutes. If it does not, run {command}"
