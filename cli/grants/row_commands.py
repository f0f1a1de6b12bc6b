"""`gate grants list`, `give` and `take`: single grants."""

import time
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from cli.arguments import NOTEBOOK_HELP, PRINCIPAL_HELP, notebook_argument, principal_argument
from cli.errors import CommandError
from cli.grant_schema.item import Item, has_ended, is_for, may_be_for, plain_values
from cli.grant_schema.principal import spelling_note
from cli.grant_schema.spec import GrantSpec, parse_notebook, validation_problems
from cli.grants.display import json_row, options_text, table_row
from cli.grants.notebook_notes import NotebookNotes
from cli.grants.plan import RowChange
from cli.grants.table import GrantsTable
from cli.output import AsJson, Output
from cli.user_names import UserMarks
from gate.store.table import key_of

Who = Annotated[str, typer.Argument(help=PRINCIPAL_HELP)]
Notebook = Annotated[str, typer.Argument(help=NOTEBOOK_HELP)]


def list_grants(
    context: typer.Context,
    who: Annotated[str | None, typer.Argument(help=f"Only the grants of {PRINCIPAL_HELP}")] = None,
    notebook: Annotated[str | None, typer.Option(help="Only the grants for this notebook.")] = None,
    as_json: AsJson = False,
) -> None:
    """List grants."""
    table, now = GrantsTable.of(context.obj.deployed), time.time()
    items = table.of_principal(principal_argument(who)) if who else [item for _, item in sorted(table.all().items())]
    if notebook is not None:
        home, wanted = context.obj.deployed.home, notebook_argument(notebook)
        items = [item for item in items if may_be_for(item, wanted, home)]
    out, marks = Output(as_json=as_json), UserMarks(context.obj.deployed)
    out.document({"grants": [json_row(item, now) for item in items]})
    if as_json:
        return
    if items:
        rows = [table_row(item, now, marks.of(key_of(item))) for item in items]
        out.table(["PRINCIPAL", "NOTEBOOK", "OPTIONS"], rows, prose=["OPTIONS"])
    else:
        out.print("No grants.")


def give(
    context: typer.Context,
    who: Who,
    notebook: Notebook,
    session: Annotated[
        int | None, typer.Option(help="How long an opened notebook stays usable, 1800 to 43200 seconds.")
    ] = None,
    view: Annotated[str | None, typer.Option(help="lab or classic; in Studio, one of docs/studio.md.")] = None,
    power: Annotated[str | None, typer.Option(help="none, start, start-stop or auto-start.")] = None,
    until: Annotated[
        str | None, typer.Option(help="The last day, such as 2026-12-31, or a moment, such as 2026-12-31T18:00:00Z.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="What people read in place of the notebook's name.")] = None,
    default: Annotated[bool, typer.Option("--default", help="Open this notebook at /open.")] = False,
    owner: Annotated[bool, typer.Option("--owner", help="Decide on access requests for this notebook.")] = False,
    as_json: AsJson = False,
) -> None:
    """Grant a notebook to a principal, or replace the options of that grant."""
    values: dict[str, Any] = {
        "principal": principal_argument(who),
        "notebook": notebook,
        "session": session,
        "view": view,
        "power": power,
        "until": until,
        "title": title,
        "default": default or None,
        "owner": owner or None,
    }
    home = context.obj.deployed.home
    spec = _spec({name: value for name, value in values.items() if value is not None}, home)
    if has_ended(spec.item(), time.time()):
        raise CommandError(f"--until {until} is in the past")
    table, out = GrantsTable.of(context.obj.deployed), Output(as_json=as_json)
    _show_spelling(out, who, spec.principal)
    before, others = _rows_of(table, spec, home)
    changes = [] if spec.matches(before) else [RowChange(before, spec)]
    _write(table, [*changes, *(RowChange(item, None) for item in others)])
    before = before or next(iter(others), None)
    notes = NotebookNotes.of(context.obj.deployed, [spec])
    document = {"before": plain_values(before) if before else None, "after": spec.to_dict()}
    out.document({**document, **notes.to_dict()})
    out.print(f"{spec.principal} may open {spec.notebook}{options_text(spec.item())}.", style="green")
    notes.show(out)
    if mark := UserMarks(context.obj.deployed).of(spec.key):
        out.print(f"Here, {mark}.")


def take(context: typer.Context, who: Who, notebook: Notebook, as_json: AsJson = False) -> None:
    """Remove a grant. A notebook that is open stays open; see `gate revoke`."""
    home = context.obj.deployed.home
    spec = _spec({"principal": principal_argument(who), "notebook": notebook}, home)
    table, key, out = GrantsTable.of(context.obj.deployed), spec.key, Output(as_json=as_json)
    _show_spelling(out, who, key[0])
    before, others = _rows_of(table, spec, home)
    found = [*([before] if before else []), *others]
    if not found:
        list_theirs = context.obj.deployed.lines.gate("grants", "list", key[0])
        raise CommandError(f"{key[0]} has no grant for {key[1]}; {list_theirs} shows the grants")
    _write(table, [RowChange(item, None) for item in found])
    out.document({"before": plain_values(found[0]), "after": None})
    out.print(f"{key[0]} may no longer open {key[1]}.", style="green")


def _show_spelling(out: Output, typed: str, normal: str) -> None:
    note = spelling_note(typed, normal)
    if note:
        out.print(note, style="yellow")


def _rows_of(table: GrantsTable, spec: GrantSpec, home: str) -> tuple[Item | None, list[Item]]:
    """Return the row of the grant `spec`, and its rows with other spellings of the notebook, which count as well."""
    notebook = parse_notebook(spec.notebook)
    found = {key_of(item): item for item in table.of_principal(spec.principal) if is_for(item, notebook, home)}
    return found.pop(spec.key, None), list(found.values())


def _spec(values: dict[str, Any], home: str) -> GrantSpec:
    try:
        return GrantSpec.model_validate(values, context={"home": home})
    except ValidationError as error:
        raise CommandError("\n".join(validation_problems(error))) from None


def _write(table: GrantsTable, changes: list[RowChange]) -> None:
    if table.write(changes):
        raise CommandError("Another operator changed this grant at the same moment. Run the command again")
