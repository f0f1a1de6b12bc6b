"""`gate revoke`: somebody is out, by all of their names, and what they have open is cut."""

import shlex
from collections.abc import Sequence
from typing import Annotated

import typer

from cli.clock import this_moment
from cli.deployed import Deployed
from cli.errors import EXIT_NEGATIVE, CommandError
from cli.grants.plan import Change
from cli.grants.table import GrantsTable
from cli.output import AsJson, Output
from cli.revoke.aliases import alias_of
from cli.revoke.denies import DenyRows, deny
from cli.revoke.launch_role import LaunchRolePolicies
from cli.revoke.remote_accounts import commands, other_accounts
from cli.revoke.report import Left, Report
from cli.revoke.revocations import EVERYBODY
from gate.identity.session_name import session_name
from gate.store import cutoffs
from grant_schema.principal import parse_principal

ATTEMPTS = 3
"""How often somebody's grants are taken, while somebody else goes on giving them."""


def revoke(
    context: typer.Context,
    who: Annotated[str | None, typer.Argument(help="alice@example.com, iam:ARN or slack:TEAM/USER.")] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Sign everybody out and cut all that is open; takes no grants.")
    ] = False,
    also: Annotated[
        list[str] | None, typer.Option(help="Another principal that is this person; Slack is not asked then.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take somebody's grants, end their sign-ins, and cut what they have open. Ends with 3 where some is left to do."""
    if (who is None) != everybody or (everybody and also):
        raise CommandError("Say who, or --everybody")
    deployed, table = context.obj.deployed, context.obj.table
    report = Report(who=_principal(who) if who else "")
    if report.who:
        _let_out(deployed, table, [report.who, *map(_principal, also or [])], report)
    else:
        report.signed_out_before = this_moment(deployed.aws)
        table.end_sign_ins(cutoffs.EVERYBODY, report.signed_out_before)
    _cut(deployed, report)
    out = Output(as_json=as_json)
    out.document(report.plain())
    report.tell(out)
    if report.left:
        raise typer.Exit(EXIT_NEGATIVE)


def _let_out(deployed: Deployed, table: GrantsTable, principals: Sequence[str], report: Report) -> None:
    """Take the grants and end the sign-ins of `principals`, and of whom Slack says that it is the same person.

    All of that comes before the deny: what begins after the deny's moment must find neither grant nor sign-in.
    """
    for subject in dict.fromkeys(principals):
        _end(deployed, table, subject, report)
    if any(_kind(other) != _kind(report.who) for other in report.principals):
        return  # the operator has said which other principal it is
    # Asked last, since Slack may take seconds to answer.
    alias = alias_of(deployed, report.who)
    if alias.principal:
        _end(deployed, table, alias.principal, report)
    if alias.problem:
        report.left.append(Left(alias.problem, [("", _again(report.principals, alias.also))]))


def _end(deployed: Deployed, table: GrantsTable, subject: str, report: Report) -> None:
    report.principals.append(subject)
    for _ in range(ATTEMPTS):
        found = table.of(subject)
        if not found:
            break
        # Each is taken as it was seen, so that the way to undo it is the right one.
        lost = {change.key for change in table.write([Change(item, None) for item in found], lambda _: None)}
        report.taken += [item for item in found if (item["principal"]["S"], item["notebook"]["S"]) not in lost]
    else:
        report.not_taken += [item["notebook"]["S"] for item in table.of(subject)]
        problem = f"Somebody goes on giving grants to {subject}"
        report.left.append(Left(problem, [("", _again([subject]))]))
    report.signed_out_before = this_moment(deployed.aws)
    table.end_sign_ins(subject, report.signed_out_before)


def _cut(deployed: Deployed, report: Report) -> None:
    """Deny what is open, and say what is open where this command can't reach. Raises `CommandError`."""
    names = [session_name(subject.partition(":")[2]) for subject in report.principals] or [EVERYBODY]
    try:
        report.cut_before = deny(
            LaunchRolePolicies(deployed.aws.client("iam"), deployed.launch_role),
            DenyRows(deployed.aws.client("dynamodb"), deployed.table),
            names,
            now=this_moment(deployed.aws),
        )
    except CommandError as error:
        # What was taken is gone from the table: how to undo it has to be said all the same.
        again = _again(report.principals) if report.who else "gate revoke --everybody"
        report.left.append(Left(f"What is open now is not cut: {error}", [("", again)]))
    report.not_cut_in = other_accounts(deployed, report.taken)
    if report.not_cut_in:
        where = ", ".join(report.not_cut_in)
        problem = f"What is open in {where} is not cut: the launch role there is another account's. Type, in this order"
        report.left.append(Left(problem, commands(deployed, report.not_cut_in)))


def _again(principals: Sequence[str], *also: str) -> str:
    who, *others = [*principals, *also]
    return shlex.join(["gate", "revoke", who, *(word for other in others for word in ("--also", other))])


def _kind(subject: str) -> str:
    return subject.partition(":")[0]


def _principal(who: str) -> str:
    try:
        subject = parse_principal(who)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if subject.startswith("group:"):
        raise CommandError("A group has no sessions: revoke its members, and take its grants with gate grants take")
    return subject
