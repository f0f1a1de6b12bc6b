"""The command `gate revoke`."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.arguments import CALLER_HELP, principal_argument
from cli.aws import next_second
from cli.command_lines import CommandLines
from cli.confirmation import confirm
from cli.deployed import Deployed
from cli.errors import EXIT_NEGATIVE, CommandError
from cli.grants.plan import RowChange
from cli.grants.table import GrantsTable
from cli.output import AsJson, Output
from cli.revoke.aliases import Aliases, find_aliases
from cli.revoke.denies import DenyRows, deny
from cli.revoke.preview import is_known, show_revocation
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
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a caller's grants, end their sign-ins, and cut off their open notebooks. Exits with 3 if work is left.

    The caller is revoked under their e-mail address and as their Slack user. The report says how to undo it.
    """
    if (who is None) != everybody or (everybody and also):
        raise CommandError("Name a caller, or add --everybody")
    deployed, out = context.obj.deployed, Output(as_json=as_json)
    named = list(dict.fromkeys(_caller(deployed.lines, each) for each in [*([who] if who else []), *(also or [])]))
    report = Report(who=named[0] if named else "", lines=deployed.lines)
    # Without a question, Slack comes later, since it may take seconds to answer.
    aliases = None if yes else _find_aliases(deployed, named)
    report.known = bool(aliases and aliases.principals) or _are_known(deployed, named, out)
    if aliases:
        show_revocation(deployed, [*named, *aliases.principals], out)
        confirm("Revoke this access?" if named else "Sign everybody out?")
    if named:
        _end_access(deployed, named, aliases, report)
    else:
        report.signed_out_before = next_second(deployed.aws)
        GrantsTable.of(deployed).end_sign_ins(cutoffs.EVERYBODY, report.signed_out_before)
    _cut_off(deployed, report)
    out.document(report.to_dict())
    report.show(out)
    if report.remaining:
        raise typer.Exit(EXIT_NEGATIVE)


def _are_known(deployed: Deployed, named: Sequence[str], out: Output) -> bool:
    """Return whether the table has anything of one of `named`, and warn if it has not. True if everybody is meant."""
    if not named or any(is_known(deployed, each) for each in named):
        return True
    out.print(
        f"Nobody here knows {' or '.join(named)}: there is no grant, no ended sign-in and no access request of that "
        "name. Check its spelling. It may be right if the person has access by their groups alone.",
        style="yellow",
    )
    return False


def _find_aliases(deployed: Deployed, named: Sequence[str]) -> Aliases:
    """Return the aliases that Slack knows, or none if the operator has named one, or if everybody is meant."""
    if not named or any(_kind(other) != _kind(named[0]) for other in named):
        return Aliases()
    return find_aliases(deployed, named[0])


def _end_access(deployed: Deployed, named: Sequence[str], aliases: Aliases | None, report: Report) -> None:
    """Remove the grants and end the sign-ins of `named`, and of the aliases, which Slack is asked for if they are None.

    This comes before the deny: a launch that begins after the deny's moment must find neither a grant nor a sign-in.
    """
    table = GrantsTable.of(deployed)
    for subject in named:
        _end_principal(deployed, table, subject, report)
    aliases = aliases or _find_aliases(deployed, named)
    for principal in aliases.principals:
        _end_principal(deployed, table, principal, report)
    if aliases.problem:
        report.remaining.append(
            RemainingStep(aliases.problem, [("", _revoke_command(deployed, report.principals, aliases.also))])
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
        report.remaining.append(RemainingStep(problem, [("", _revoke_command(deployed, [subject]))]))
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
        command = _revoke_command(deployed, report.principals or ["--everybody"])
        report.remaining.append(RemainingStep(f"Open notebooks are not cut off: {error}", [("", command)]))
    report.not_cut_in = remote_accounts(deployed, report.taken)
    if report.not_cut_in:
        accounts = ", ".join(report.not_cut_in)
        problem = (
            f"Open notebooks in {accounts} are not cut off, because their launch roles belong to other accounts. "
            "Run, in this order"
        )
        report.remaining.append(RemainingStep(problem, copy_commands(deployed, report.not_cut_in)))


def _revoke_command(deployed: Deployed, principals: Sequence[str], *also: str) -> str:
    who, *others = [*principals, *also]
    return deployed.lines.gate("revoke", who, *(word for other in others for word in ("--also", other)))


def _kind(subject: str) -> str:
    return subject.partition(":")[0]


def _caller(lines: CommandLines, who: str) -> str:
    subject = principal_argument(who)
    if subject.startswith("group:"):
        take = lines.gate("grants", "take", subject)
        raise CommandError(f"A group is not a caller: revoke its members, and remove its grants with {take}")
    return subject
