"""`gate grants plan`, `apply` and `export`: all grants, as a file."""

import time
from pathlib import Path
from typing import Annotated

import typer

from cli.confirmation import confirm
from cli.context import Context
from cli.errors import EXIT_NEGATIVE, CommandError
from cli.grant_schema.item import is_requested
from cli.grants.display import MAX_LINES, counts, show_plan, summary
from cli.grants.export import Export
from cli.grants.file import GrantsFile
from cli.grants.notebook_notes import NotebookNotes
from cli.grants.plan import Plan, RowChange
from cli.grants.table import GrantsTable
from cli.output import AsJson, Output
from cli.user_names import UserMarks

File = Annotated[Path, typer.Argument(help="A YAML file with the wanted grants.")]
IncludeRequested = Annotated[
    bool,
    typer.Option(
        "--include-requested",
        help="Treat grants that an access request led to like all others. Without it, they are left alone.",
    ),
]


def plan(
    context: typer.Context, file: File, include_requested: IncludeRequested = False, as_json: AsJson = False
) -> None:
    """Show what `apply` would change. Exits with 3 if there is something to change.

    Also shows which of the new notebooks AWS does not have.
    """
    out = Output(as_json=as_json)
    computed = _plan(context.obj, file, out, include_requested)
    notes = _check_notebooks(context.obj, computed, out)
    out.document({**computed.to_dict(), **notes.to_dict()})
    if not as_json:
        show_plan(computed, out, UserMarks(context.obj.deployed))
        notes.show(out)
    if computed.row_changes:
        raise typer.Exit(EXIT_NEGATIVE)


def apply(
    context: typer.Context,
    file: File,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    allow_removals: Annotated[
        bool, typer.Option("--allow-removals", help="Remove grants even if they are many.")
    ] = False,
    include_requested: IncludeRequested = False,
    as_json: AsJson = False,
) -> None:
    """Make the grants match the file. Exits with 3 if another operator changed some of them meanwhile.

    It can be interrupted, and run again. Two runs at the same time are safe.
    """
    out = Output(as_json=as_json)
    computed = _plan(context.obj, file, out, include_requested)
    show_plan(computed, out, UserMarks(context.obj.deployed))
    _check_notebooks(context.obj, computed, out).show(out)
    if computed.removes_many and not allow_removals:
        raise CommandError(
            f"This would remove {len(computed.removals)} grants, which may be a mistake. Nothing was changed. "
            "To remove them, add --allow-removals"
        )
    conflicts: list[RowChange] = []
    if computed.row_changes:
        if not yes:
            confirm("Apply these changes?")
        with out.progress("Writing grants", len(computed.row_changes)) as on_progress:
            conflicts = GrantsTable.of(context.obj.deployed).write(computed.row_changes, on_progress)
    out.document({**counts(computed), "conflicts": [list(change.key) for change in conflicts]})
    if conflicts:
        _show_conflicts(conflicts, out)
        raise typer.Exit(EXIT_NEGATIVE)
    if computed.row_changes:
        out.print(f"Done: {summary(computed)}.", style="green")


def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="The file to write; without it, the grants are printed.")] = None,
    include_requested: IncludeRequested = False,
    as_json: AsJson = False,
) -> None:
    """Write all grants to a file that `plan` accepts. Exits with 3 if rows that grant nothing are left out."""
    items = [item for _, item in sorted(GrantsTable.of(context.obj.deployed).all().items())]
    exported = Export.from_rows(item for item in items if include_requested or not is_requested(item))
    out = Output(as_json=as_json)
    if as_json:
        out.document({"grants": exported.grants})
    elif file is None:
        typer.echo(exported.text(), nl=False)
    else:
        file.write_text(exported.text(), encoding="utf-8")
        out.print(f"{len(exported.grants)} grants are in {file}")
    # To standard error, since the file may go to standard output.
    for note in exported.notes:
        typer.echo(f"Exported by its effect: {note}", err=True)
    for line in exported.left_out:
        typer.echo(f"Left out because it grants nothing: {line}", err=True)
    if exported.left_out:
        raise typer.Exit(EXIT_NEGATIVE)


def _plan(context: Context, file: Path, out: Output, include_requested: bool) -> Plan:
    now = time.time()
    with out.waiting(f"Reading {file}"):
        wanted = GrantsFile.load(file, now=now, home=context.deployed.home)
    for note in wanted.notes[:MAX_LINES]:
        out.print(note, style="yellow")
    with out.waiting("Reading the grants table"):
        return Plan.compute(
            wanted.grants, GrantsTable.of(context.deployed).all(), now=now, include_requested=include_requested
        )


def _check_notebooks(context: Context, computed: Plan, out: Output) -> NotebookNotes:
    with out.waiting("Looking for the notebooks"):
        written = [change.after for change in (*computed.additions, *computed.changes) if change.after]
        return NotebookNotes.of(context.deployed, written)


def _show_conflicts(conflicts: list[RowChange], out: Output) -> None:
    out.print(
        f"{len(conflicts)} grants were changed by another operator meanwhile and are left as they are:", style="yellow"
    )
    for change in conflicts[:MAX_LINES]:
        out.print(f"  {' '.join(change.key)}")
    out.print("Run the command again to see what is left to do.")
