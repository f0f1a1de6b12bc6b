"""The command `gate revoke`."""

import shlex
from collections.abc import Sequence
from typing import Annotated

import typer

from cli.arguments import CALLER_HELP, principal_argument
from cli.aws import next_second
from cli.deployed import Deployed
from cli.errors import EXIT_NEGATIVE, CommandError
from cli.grants.plan import RowChange
from cli.grants.table import GrantsTable
from cli.output import AsJson, Output
from cli.revoke.aliases import find_aliases
from cli.revoke.denies import DenyRows, deny
from cli.revoke.remote_accounts import copy_commands, remote_accounts
from cli.revoke.report import RemainingStep, Report
from gate.launch.denies.launch_role import LaunchRolePolicies
from gate.store import cutoffs
from gate.store.table import key_of
from gate.values.revocation import EVERYBODY
from gate.values.session_name import session_name

MAX_ATTEMPTS = 3
"""To remove a caller's grants while another operator keeps giving them."""


def revoke(
    context: typer.Context,
    who: Annotated[str | None, typer.Argument(help=CALLER_HELP)] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Sign everybody out and cut off all open notebooks. Keeps the grants.")
    ] = False,
    also: Annotated[
        list[str] | None, typer.Option(help="Another principal of the same person. Slack is then not asked for one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Remove a caller's grants, end their sign-ins, and cut off their open notebooks. Exits with 3 if work is left.

    The caller is revoked under their e-mail address and as their Slack user. The report says how to undo it.
    """
    if (who is None) != everybody or (everybody and also):
        raise CommandError("Name a caller, or add --everybody")
    deployed, table = context.obj.deployed, GrantsTable.of(context.obj.deployed)
    report = Report(who=_caller(who) if who else "")
    if report.who:
        _end_access(deployed, table, [report.who, *map(_caller, also or [])], report)
    else:
        report.signed_out_before = next_second(deployed.aws)
        table.end_sign_ins(cutoffs.EVERYBODY, report.signed_out_before)
    _cut_off(deployed, report)
    out = Output(as_json=as_json)
    out.document(report.to_dict())
    report.show(out)
    if report.remaining:
        raise typer.Exit(EXIT_NEGATIVE)


def _end_access(deployed: Deployed, table: GrantsTable, principals: Sequence[str], report: Report) -> None:
    """Remove the grants and end the sign-ins of `principals`, and of the aliases that Slack knows.

    This comes before the deny: a launch that begins after the deny's moment must find neither a grant nor a sign-in.
    """
    for subject in dict.fromkeys(principals):
        _end_principal(deployed, table, subject, report)
    if any(_kind(other) != _kind(report.who) for other in report.principals):
        return  # the operator has named the other principal
    # Slack comes last, since it may take seconds to answer.
    aliases = find_aliases(deployed, report.who)
    for principal in aliases.principals:
        _end_principal(deployed, table, principal, report)
    if aliases.problem:
        report.remaining.append(
            RemainingStep(aliases.problem, [("", _revoke_command(report.principals, aliases.also))])
        )


def _end_principal(deployed: Deployed, table: GrantsTable, subject: str, report: Report) -> None:
    report.principals.append(subject)
    for _ in range(MAX_ATTEMPTS):
        items = table.of_principal(subject)
        if not items:
            break
        # Only grants that are unchanged are removed, so that the commands to undo it restore the right ones.
        conflicts = {change.key for change in table.write([RowChange(item, None) for item in items])}
        report.taken += [item for item in items if key_of(item) not in conflicts]
    else:
        report.not_taken += [item["notebook"]["S"] for item in table.of_principal(subject)]
        problem = f"Another operator keeps giving grants to {subject}"
        report.remaining.append(RemainingStep(problem, [("", _revoke_command([subject]))]))
    report.signed_out_before = next_second(deployed.aws)
    table.end_sign_ins(subject, report.signed_out_before)


def _cut_off(deployed: Deployed, report: Report) -> None:
    """Deny the role sessions, and report the accounts that this command cannot change. Raises `CommandError`."""
    names = [session_name(subject.partition(":")[2]) for subject in report.principals] or [EVERYBODY]
    try:
        report.cut_before = deny(
            LaunchRolePolicies(deployed.aws.client("iam"), deployed.launch_role),
            DenyRows(GrantsTable.of(deployed), deployed.config),
            names,
            now=next_second(deployed.aws),
        )
    except CommandError as error:
        # Not raised: the grants are already removed, so the report must be printed with the commands to restore them.
        command = _revoke_command(report.principals) if report.who else "gate revoke --everybody"
        report.remaining.append(RemainingStep(f"Open notebooks are not cut off: {error}", [("", command)]))
    report.not_cut_in = remote_accounts(deployed, report.taken)
    if report.not_cut_in:
        accounts = ", ".join(report.not_cut_in)
        problem = (
            f"Open notebooks in {accounts} are not cut off, because their launch roles belong to other accounts. "
            "Run, in this order"
        )
        report.remaining.append(RemainingStep(problem, copy_commands(deployed, report.not_cut_in)))


def _revoke_command(principals: Sequence[str], *also: str) -> str:
    who, *others = [*principals, *also]
    return shlex.join(["gate", "revoke", who, *(word for other in others for word in ("--also", other))])


def _kind(subject: str) -> str:
    return subject.partition(":")[0]


def _caller(who: str) -> str:
    subject = principal_argument(who)
    if subject.startswith("group:"):
        raise CommandError("A group is not a caller: revoke its members, and remove its grants with gate grants take")
    return subject
