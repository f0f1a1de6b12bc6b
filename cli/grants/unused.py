"""`gate grants unused`: grants that nobody used in the last days, by the audit log."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from cli.arguments import notebook_argument
from cli.aws import next_second
from cli.command_lines import CommandLines
from cli.deployed import Deployed
from cli.errors import EXIT_NEGATIVE, CommandError
from cli.grant_schema.item import Item, has_ended, is_requested, may_be_for
from cli.grants.owner_reports import write_reports
from cli.grants.row_problems import row_errors
from cli.grants.table import GrantsTable
from cli.grants.uses import Uses
from cli.insights import Insights, LogGroup
from cli.output import AsJson, Output
from gate.access_requests.keys import ALLOWED, read_references
from gate.store.grant_row import read
from gate.store.table import key_of
from gate.web.durations import date_time

DAY = 86_400
MAX_DAYS = 3_653
"""The longest time for which CloudWatch Logs keeps lines, but for forever (API reference of PutRetentionPolicy)."""


@dataclass(frozen=True)
class Period:
    """The time that is looked at, in epoch seconds, both ends included."""

    first: int
    last: int
    shortened: str
    """Why it is shorter than asked for; empty if it is not."""

    @classmethod
    def of(cls, group: LogGroup, days: int, now: int) -> "Period":
        """Return the last `days` before `now` (epoch seconds), or as much of them as `group` has."""
        asked = now - days * DAY
        kept = now - group.days * DAY if group.days is not None else 0
        if kept > asked and kept >= group.created:
            return cls(kept, now, f"The log is kept for {group.days} days, so only these were looked at")
        if group.created > asked:
            return cls(
                int(group.created), now, f"The log begins at {date_time(group.created)}, after the time asked for"
            )
        return cls(asked, now, "")


@dataclass(frozen=True)
class Unused:
    """A grant that nobody used."""

    principal: str
    notebook: str
    given_at: int | None
    """Epoch seconds. None if it is unknown."""
    take: str
    """The command that takes it away."""


def unused(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="How many days to look back.")],
    notebook: Annotated[str | None, typer.Option(help="Only the grants for this notebook.")] = None,
    show_owners: Annotated[
        bool, typer.Option("--show-owners", help="Also show what was found on the page /requests/access.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the grants by which nobody opened, started or stopped a notebook. Exits with 3 if there are some."""
    deployed, out = context.obj.deployed, Output(as_json=as_json)
    if show_owners and not deployed.settings.requests.approvers:
        raise CommandError("--show-owners: there is no page /requests/access, because requests.approvers is empty")
    wanted = notebook_argument(notebook) if notebook else None
    group, now = LogGroup.find(deployed.aws, deployed.log_group), next_second(deployed.aws)
    period = Period.of(group, days, now)
    items = [item for _, item in sorted(GrantsTable.of(deployed).all().items()) if not has_ended(item, now)]
    if wanted is not None:
        items = [item for item in items if may_be_for(item, wanted, deployed.home)]
    grants = [item for item in items if not row_errors(item)]
    uses = _read_uses(deployed, group, period, out)
    found = [item for item in grants if not uses.of(item)]
    given = _given(deployed, found)
    listed = [_unused(item, given, deployed.lines) for item in found]
    notes = _notes(period, uses, listed, deployed.lines, malformed=len(items) - len(grants))
    out.document(
        {
            "from": period.first,
            "to": period.last,
            "grants": len(grants),
            "unused": [asdict(each) for each in listed],
            "notes": notes,
        }
    )
    _show(out, period, listed, len(grants), notes)
    if show_owners:
        old = [item for item in found if (given.get(read(item).request_id) or 0) <= period.first]
        write_reports(deployed, old, period.first, period.last, wanted, out)
    if listed:
        raise typer.Exit(EXIT_NEGATIVE)


def _read_uses(deployed: Deployed, group: LogGroup, period: Period, out: Output) -> Uses:
    insights = Insights(deployed.aws.client("logs"), group.name)
    with out.progress("Days of the log", (period.last - period.first) / DAY) as on_progress:
        return Uses.read(
            insights, period.first, period.last, deployed.home, lambda seconds: on_progress(seconds / 2 / DAY)
        )


def _given(deployed: Deployed, items: list[Item]) -> Mapping[str, int]:
    """Return when requested grants were allowed (epoch seconds), by the id of the request."""
    if not any(map(is_requested, items)):
        return {}
    references = read_references(GrantsTable.of(deployed).of_principal(ALLOWED))
    return {each.request_id: each.decided_at for each in references}


def _unused(item: Item, given: Mapping[str, int], lines: CommandLines) -> Unused:
    principal, notebook = key_of(item)
    request_id = read(item).request_id
    # With the grant, the access request ends, and what is open.
    words = ("requests", "end", request_id) if is_requested(item) else ("grants", "take", principal, notebook)
    return Unused(principal, notebook, given.get(request_id), lines.gate(*words))


def _notes(period: Period, uses: Uses, listed: list[Unused], lines: CommandLines, *, malformed: int) -> list[str]:
    """Return what is uncertain about the result, or was left out of it."""
    notes = [f"{period.shortened}."] if period.shortened else []
    if uses.callers:
        notes.append(
            "Some lines of the log do not name the grants, such as those of earlier versions. Such a use counts for "
            "each grant that may have led to it, so more grants may be unused."
        )
    if any((each.given_at or 0) > period.first for each in listed):
        notes.append("Some grants were given after the first of these days. GIVEN says when.")
    if any(each.given_at is None for each in listed):
        notes.append("The table does not tell when operators gave a grant: it may be newer than these days.")
    if malformed:
        notes.append(f"Rows that grant nothing are left out: {malformed}. {lines.gate('doctor')} lists them.")
    return notes


def _show(out: Output, period: Period, listed: list[Unused], total: int, notes: list[str]) -> None:
    if out.as_json:
        return
    if listed:
        columns = ["PRINCIPAL", "NOTEBOOK", "GIVEN", "TO TAKE IT AWAY"]
        out.table(columns, [(each.principal, each.notebook, _given_text(each), each.take) for each in listed])
    out.print(
        f"{len(listed)} of {total} grants were not used from {date_time(period.first)} to {date_time(period.last)}.",
        style="yellow" if listed else "green",
    )
    for note in notes:
        out.print(note, style="yellow")


def _given_text(unused: Unused) -> str:
    return "unknown" if unused.given_at is None else date_time(unused.given_at)
