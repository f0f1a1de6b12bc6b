"""`gate grants …`: who may open what."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from cli.context import Context
from cli.errors import NOT_SO, CommandError
from cli.grant_entry import Entry, Item, ended, plain, problems_of
from cli.grants_file import dump, load
from cli.grants_plan import Change, Plan, plan
from cli.output import AsJson, Output
from cli.principal import principal

app = typer.Typer(help="Who may open what.", no_args_is_help=True)

SHOWN = 100
"""Lines of each kind that a plan shows to people; `--json` has them all."""

File = Annotated[Path, typer.Argument(help="A YAML file of grants, the wanted state.")]
Who = Annotated[str, typer.Argument(help="alice@example.com, group:NAME, iam:ARN or slack:TEAM/USER.")]
Notebook = Annotated[str, typer.Argument(help="NAME, or ACCOUNT/REGION/NAME for one elsewhere.")]


@app.command("plan")
def plan_(context: typer.Context, file: File, as_json: AsJson = False) -> None:
    """Show what `apply` would do. Ends with 3 when there is something to do."""
    out = Output(as_json=as_json)
    planned = _planned(context.obj, file, out)
    out.document(planned.plain())
    if not as_json:
        _show(planned, out)
    if planned.all:
        raise typer.Exit(NOT_SO)


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
    _show(planned, out)
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
    out.document({**_counts(planned), "conflicts": [list(change.key) for change in lost]})
    if lost:
        out.say(f"{len(lost)} of them changed meanwhile, and were left as they are now:", style="yellow")
        for change in lost[:SHOWN]:
            out.say(f"  {' '.join(change.key)}")
        out.say("Type it again to see what is left to do.")
        raise typer.Exit(NOT_SO)
    if planned.all:
        out.say(f"Done: {_words(planned)}.", style="green")


@app.command()
def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to write; else to the terminal.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write all grants as a file that `plan` and `apply` take."""
    items = [item for _, item in sorted(context.obj.table.all().items())]
    out = Output(as_json=as_json)
    if as_json:
        out.document({"grants": [plain(item) for item in items]})
    elif file is None:
        typer.echo(dump(items), nl=False)
    else:
        file.write_text(dump(items), encoding="utf-8")
        out.say(f"{len(items)} grants are in {file}")


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
    out.document({"grants": [{**plain(item), **({"ended": True} if ended(item, now) else {})} for item in items]})
    if as_json:
        return
    if items:
        out.table(["PRINCIPAL", "NOTEBOOK", "IN THIS WAY"], [_row(item, now) for item in items])
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
    if ended(entry.item(), time.time()):
        raise CommandError(f"--until {until} is over")
    table, out = context.obj.table, Output(as_json=as_json)
    seen = table.one(entry.key)
    if seen != entry.item():
        _write_one(table, Change(seen, entry))
    out.document({"before": plain(seen) if seen else None, "after": entry.plain()})
    out.say(f"{entry.principal} may open {entry.notebook}{_in_this_way(entry.item())}.", style="green")


@app.command()
def take(context: typer.Context, who: Who, notebook: Notebook, as_json: AsJson = False) -> None:
    """Take a grant away. What is open now stays open: see `gate revoke`."""
    key = _entry({"principal": _principal(who), "notebook": notebook}).key
    table, out = context.obj.table, Output(as_json=as_json)
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


def _show(planned: Plan, out: Output) -> None:
    if not planned.all:
        out.say(f"Nothing to do: all {planned.unchanged} grants are as the file says.", style="green")
        return
    lines = [
        ("green", [f"+ {_line(change.wanted.item())}" for change in planned.additions if change.wanted]),
        ("yellow", [f"~ {_difference(change)}" for change in planned.changes]),
        ("red", [f"- {_line(change.seen)}" for change in planned.removals if change.seen]),
    ]
    for style, some in lines:
        for line in some[:SHOWN]:
            out.say(line, style=style)
        if len(some) > SHOWN:
            out.say(f"  and {len(some) - SHOWN} more of these (plan --json shows all)", style=style)
    out.say(f"{_words(planned)}, {planned.unchanged} unchanged")


def _words(planned: Plan) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in _counts(planned).items())


def _counts(planned: Plan) -> dict[str, int]:
    return {
        "added": len(planned.additions),
        "changed": len(planned.changes),
        "removed": len(planned.removals),
    }


def _line(item: Item) -> str:
    return f"{item['principal']['S']} {item['notebook']['S']}{_in_this_way(item)}"


def _in_this_way(item: Item) -> str:
    extra = [f"{name}={value}" for name, value in plain(item).items() if name not in ("principal", "notebook")]
    return f" ({', '.join(extra)})" if extra else ""


def _difference(change: Change) -> str:
    before = plain(change.seen) if change.seen else {}
    after = change.wanted.plain() if change.wanted else {}
    parts = [
        f"{name}: {before.get(name, 'none')} → {after.get(name, 'none')}"
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]
    return f"{' '.join(change.key)} ({', '.join(parts)})"


def _row(item: Item, now: float) -> Sequence[str]:
    way = _in_this_way(item).strip(" ()") + (" (ended)" if ended(item, now) else "")
    return item["principal"]["S"], item["notebook"]["S"], way


def _entry(values: dict[str, Any]) -> Entry:
    try:
        return Entry.model_validate(values)
    except ValidationError as error:
        raise CommandError("\n".join(problems_of(error))) from None


def _principal(who: str) -> str:
    try:
        return principal(who)
    except ValueError as error:
        raise CommandError(str(error)) from None


def _write_one(table: Any, change: Change) -> None:
    if table.write([change], lambda _: None):
        raise CommandError("Somebody else changed this grant at the same moment: type it again")
