"""`gate revoke`: somebody is out, and what they have open is cut."""

import time
from typing import Annotated

import typer

from cli.deployed import Deployed
from cli.errors import NOT_SO, CommandError
from cli.grant_entry import Item, plain
from cli.grant_rows import give_command
from cli.grants_plan import Change
from cli.output import AsJson, Output
from cli.principal import principal
from cli.revocations import EVERYBODY, LONGEST, MARGIN, LaunchRolePolicies, with_another
from gate.launch.names import session_name


def revoke(
    context: typer.Context,
    who: Annotated[str | None, typer.Argument(help="alice@example.com, iam:ARN or slack:TEAM/USER.")] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="Cut all that is open; takes no grants.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take somebody's grants, and cut what they have open now. Ends with 3 where some of it could not be done."""
    if (who is None) != everybody:
        raise CommandError("Say who, or --everybody")
    out, deployed = Output(as_json=as_json), context.obj.deployed
    subject = _principal(who) if who else ""
    taken: list[Item] = context.obj.table.of(subject) if subject else []
    # The grants go first: sessions that begin after the deny's moment must not find one.
    lost = context.obj.table.write([Change(item, None) for item in taken], lambda _: None) if taken else []
    until = _cut(deployed, session_name(subject.partition(":")[2]) if subject else EVERYBODY)
    undo = [give_command(item) for item in taken]
    elsewhere = sorted({item["notebook"]["S"].split("/")[0] for item in taken if "/" in item["notebook"]["S"]})
    out.document(
        {
            "who": subject or None,
            "taken": [plain(item) for item in taken],
            "not_taken": [change.key[1] for change in lost],
            "cut_before": until - LONGEST,
            "deny_ends": until,
            "undo": undo,
            "not_cut_in": elsewhere,
        }
    )
    _tell(out, subject, undo, until)
    if elsewhere:
        out.say(
            f"What is open in {', '.join(elsewhere)} is not cut: their launch roles are in those accounts.", style="red"
        )
        out.say(
            "  Sign in there, and give the role notebook-gate-revoked of this launch role (aws iam get-role-policy)."
        )
    if lost or elsewhere:
        raise typer.Exit(NOT_SO)


def _cut(deployed: Deployed, name: str) -> int:
    """Deny the sessions of `name` that began before now; return when the deny is of no use any more (epoch seconds)."""
    role, now = LaunchRolePolicies(deployed.aws.client("iam"), deployed.launch_role), int(time.time())
    role.put(with_another(role.revocations(), [name], now=now, room=role.room()))
    return now + MARGIN + LONGEST


def _tell(out: Output, subject: str, undo: list[str], until: int) -> None:
    if subject:
        out.say(f"{subject} has no grants any more: {len(undo)} taken.", style="green")
    whose = "All" if not subject else "Their"
    out.say(
        f"{whose} open notebooks are cut: AWS refuses every further request, usually within seconds.", style="green"
    )
    if subject.startswith("user:"):
        out.say("What they may open by a group, they can open again: take them out of it at your identity provider.")
    over = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(until))
    out.say(f"The deny is on the launch role until {over}; the next revoke, or gate doctor, then tidies it up.")
    if undo:
        out.say("To undo it, wait a minute and type:")
        for line in undo:
            out.say(f"  {line}")


def _principal(who: str) -> str:
    try:
        subject = principal(who)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if subject.startswith("group:"):
        raise CommandError("A group has no sessions: revoke its members, and take its grants with gate grants take")
    return subject
