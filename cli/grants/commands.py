"""`gate grants …`: who may open what."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from cli.context import Context
from cli.errors import EXIT_NEGATIVE, CommandError
from cli.grants.display import SHOWN, counts, in_this_way, listed, row, show, words
from cli.grants.export import Export
from cli.grants.file import load
from cli.grants.plan import Change, Plan, plan
from cli.output import AsJson, Output
from grant_schema.item import has_ended, plain
from grant_schema.principal import parse_principal, spelling_note
from grant_schema.spec import GrantSpec, validation_problems

app = typer.Typer(help="Who may open what.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A YAML file of grants, the wanted state.")]
Who = Annotated[str, typer.Argument(help="alice@example.com, group:NAME, iam:ARN or slack:TEAM/USER.")]
Notebook = Annotated[str, typer.Argument(help="NAME, or ACCOUNT/REGION/NAME for one in another account or region.")]


@app.command("plan")
def plan_(context: typer.Context, file: File, as_json: AsJson = False) -> None:
    """Show what `apply` would do. Ends with 3 when there is something to do."""
    out = Output(as_json=as_json)
    planned = _planned(context.obj, file, out)
    out.document(planned.plain())
    if not as_json:
        show(planned, out)
    if planned.all:
        raise typer.Exit(EXIT_NEGATIVE)


@app.command()
def apply(
    context: typer.Context,
    file: File,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    allow_removals: Annotated[bool, typer.Option("--allow-removals", help="Remove however many grants.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the grants what the file says. Ends with 3 when somebody else changed some meanwhile."""
    out = Output(as_json=as_json)
    planned = _planned(context.obj, file, out)
    show(planned, out)
    if planned.removes_too_much and not allow_removals:
        raise CommandError(
            f"This would remove {len(planned.removals)} grants, which may be a mistake: nothing was done. "
            "If you mean it, add --allow-removals"
        )
    if planned.all:
        if not yes and not typer.confirm("Do this?", err=True):
            raise CommandError("Nothing was done")
        with out.progress("Writing grants", len(planned.all)) as advance:
            lost = context.obj.table.write(planned.all, advance)
    else:
        lost = []
    out.document({**counts(planned), "conflicts": [list(change.key) for change in lost]})
    if lost:
        out.say(f"{len(lost)} of them changed meanwhile, and were left as they are now:", style="yellow")
        for change in lost[:SHOWN]:
            out.say(f"  {' '.join(change.key)}")
        out.say("Type it again to see what is left to do.")
        raise typer.Exit(EXIT_NEGATIVE)
    if planned.all:
        out.say(f"Done: {words(planned)}.", style="green")


@app.command()
def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to write; else to the terminal.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write all grants as a file that `plan` takes. Ends with 3 when it leaves out rows that grant nothing."""
    exported = Export.of(item for _, item in sorted(context.obj.table.all().items()))
    out = Output(as_json=as_json)
    if as_json:
        out.document({"grants": exported.grants})
    elif file is None:
        typer.echo(exported.text(), nl=False)
    else:
        file.write_text(exported.text(), encoding="utf-8")
        out.say(f"{len(exported.grants)} grants are in {file}")
    # Beside the file, which may go to standard output.
    for note in exported.notes:
        typer.echo(f"Written as it counts: {note}", err=True)
    for line in exported.left_out:
        typer.echo(f"Left out, since it grants nothing: {line}", err=True)
    if exported.left_out:
        raise typer.Exit(EXIT_NEGATIVE)


@app.command("list")
def list_(
    context: typer.Context,
    who: Annotated[str | None, typer.Argument(help="Of whom; else of all.")] = None,
    notebook: Annotated[str | None, typer.Option(help="For which notebook; else for all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show grants."""
    table, now = context.obj.table, time.time()
    items = table.of(_principal(who)) if who else [item for _, item in sorted(table.all().items())]
    items = [item for item in items if notebook in (None, item["notebook"]["S"])]
    out = Output(as_json=as_json)
    out.document({"grants": [listed(item, now) for item in items]})
    if as_json:
        return
    if items:
        out.table(["PRINCIPAL", "NOTEBOOK", "IN THIS WAY"], [row(item, now) for item in items])
    else:
        out.say("No grants.")


@app.command()
def give(
    context: typer.Context,
    who: Who,
    notebook: Notebook,
    session: Annotated[int | None, typer.Option(help="Seconds for which it stays usable, 1800 to 43200.")] = None,
    view: Annotated[str | None, typer.Option(help="lab or classic.")] = None,
    power: Annotated[str | None, typer.Option(help="none, start, start-stop or auto-start.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day, such as 2026-12-31, or a moment (UTC).")] = None,
    default: Annotated[bool, typer.Option("--default", help="The one that /open opens.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give somebody a notebook, or change how they have it."""
    values: dict[str, Any] = {
        "principal": _principal(who),
        "notebook": notebook,
        "session": session,
        "view": view,
        "power": power,
        "until": until,
        "default": default or None,
    }
    entry = _entry({name: value for name, value in values.items() if value is not None})
    if has_ended(entry.item(), time.time()):
        raise CommandError(f"--until {until} is over")
    table, out = context.obj.table, Output(as_json=as_json)
    _say_spelling(out, who, entry.principal)
    seen = table.one(entry.key)
    if not entry.matches(seen):
        _write_one(table, Change(seen, entry))
    out.document({"before": plain(seen) if seen else None, "after": entry.plain()})
    out.say(f"{entry.principal} may open {entry.notebook}{in_this_way(entry.item())}.", style="green")


@app.command()
def take(context: typer.Context, who: Who, notebook: Notebook, as_json: AsJson = False) -> None:
    """Take a grant away. What is open now stays open: see `gate revoke`."""
    key = _entry({"principal": _principal(who), "notebook": notebook}).key
    table, out = context.obj.table, Output(as_json=as_json)
    _say_spelling(out, who, key[0])
    seen = table.one(key)
    if seen is None:
        raise CommandError(f"{key[0]} has no grant for {key[1]}: gate grants list {key[0]} shows what there is")
    _write_one(table, Change(seen, None))
    out.document({"before": plain(seen), "after": None})
    out.say(f"{key[0]} may no longer open {key[1]}.", style="green")


def _planned(context: Context, file: Path, out: Output) -> Plan:
    now = time.time()
    with out.waiting(f"Reading {file}"):
        wanted = load(file, now=now)
    for note in wanted.notes[:SHOWN]:
        out.say(note, style="yellow")
    with out.waiting("Reading the grants table"):
        return plan(wanted.entries, context.table.all(), now=now)


def _say_spelling(out: Output, typed: str, normal: str) -> None:
    note = spelling_note(typed, normal)
    if note:
        out.say(note, style="yellow")


def _entry(values: dict[str, Any]) -> GrantSpec:
    try:
        return GrantSpec.model_validate(values)
    except ValidationError as error:
        raise CommandError("\n".join(validation_problems(error))) from None


def _principal(who: str) -> str:
    try:
        return parse_principal(who)
    except ValueError as error:
        raise CommandError(str(error)) from None


def _write_one(table: Any, change: Change) -> None:
    if table.write([change], lambda _: None):
        raise CommandError("Somebody else changed this grant at the same moment: type it again")
