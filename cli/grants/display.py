"""How `gate grants` shows rows and plans."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from cli.grant_schema.item import Item, has_ended, plain_values
from cli.grants.plan import Plan, RowChange
from cli.grants.row_problems import row_errors, row_warnings
from cli.output import Output
from cli.user_names import UserMarks
from gate.store.table import key_of

MAX_LINES = 100
"""Lines of each kind that are printed; `--json` has all of them."""


def show_plan(plan: Plan, out: Output, marks: UserMarks) -> None:
    """Print what `apply` would do, one line for each change. `marks`: says what `{user}` stands for."""
    if not plan.row_changes:
        out.print(f"Nothing to do: all {plan.unchanged} grants match the file.", style="green")
        return
    sections: list[tuple[str, Sequence[Any], Callable[[Any], str]]] = [
        ("green", plan.additions, partial(_addition, marks)),
        ("yellow", plan.changes, _difference),
        ("red", plan.removals, _removal),
        ("yellow", plan.malformed, _malformed),
    ]
    for style, lines, format_line in sections:
        for line in lines[:MAX_LINES]:
            out.print(format_line(line), style=style)
        if len(lines) > MAX_LINES:
            out.print(f"  and {len(lines) - MAX_LINES} more of these (plan --json shows all)", style=style)
    out.print(f"{summary(plan)}, {plan.unchanged} unchanged")


def summary(plan: Plan) -> str:
    """Return the numbers of changes as text."""
    return ", ".join(f"{number} {kind}" for kind, number in counts(plan).items())


def counts(plan: Plan) -> dict[str, int]:
    """Return how many grants are added, changed and removed."""
    return {
        "added": len(plan.additions),
        "changed": len(plan.changes),
        "removed": len(plan.removals),
    }


def options_text(item: Item) -> str:
    """Return the attributes of a row beside its key, in parentheses after a space; empty if it has none."""
    values = plain_values(item).items()
    options = [f"{name}={_shown(value)}" for name, value in values if name not in ("principal", "notebook")]
    return f" ({', '.join(options)})" if options else ""


def row_text(item: Item) -> str:
    """Return a row as one line."""
    return f"{' '.join(key_of(item))}{options_text(item)}"


def table_row(item: Item, now: float, user_mark: str = "") -> Sequence[str]:
    """Return the cells of a row for the table that `list` prints. `user_mark`: see `UserMarks`."""
    marks = [options_text(item).strip(" ()"), "(ended)" if has_ended(item, now) else ""]
    marks += [f"({user_mark})"] if user_mark else []
    errors, warnings = row_errors(item), row_warnings(item)
    if errors or warnings:
        marks.append(f"({'grants nothing: ' if errors else ''}{'; '.join(errors + warnings)})")
    return *key_of(item), " ".join(mark for mark in marks if mark)


def json_row(item: Item, now: float) -> dict[str, Any]:
    """Return a row as `list --json` writes it."""
    errors, warnings = row_errors(item), row_warnings(item)
    marks = {"ended": has_ended(item, now), "grants_nothing": bool(errors), "problems": errors + warnings}
    return {**plain_values(item), **{name: mark for name, mark in marks.items() if mark}}


def _addition(marks: UserMarks, change: RowChange) -> str:
    assert change.after is not None
    mark = marks.of(change.key)
    return f"+ {row_text(change.after.item())}{f' ({mark})' if mark else ''}"


def _removal(change: RowChange) -> str:
    assert change.before is not None
    return f"- {row_text(change.before)}"


def _malformed(row: tuple[RowChange, list[str]]) -> str:
    change, problems = row
    return f"! apply {change.verb} {' '.join(change.key)}: {'; '.join(problems)}"


def _difference(change: RowChange) -> str:
    before = plain_values(change.before) if change.before else {}
    after = change.after.to_dict() if change.after else {}
    parts = [
        f"{name}: {_shown(before.get(name, 'none'))} → {_shown(after.get(name, 'none'))}"
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]
    return f"~ {' '.join(change.key)} ({', '.join(parts)})"


def _shown(value: Any) -> str:
    """Return a value as grants files write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
