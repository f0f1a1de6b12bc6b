"""How `gate grants` shows rows and plans."""

from collections.abc import Callable, Sequence
from typing import Any

from cli.grants.plan import Change, Plan
from cli.grants.row_problems import faults, oddities
from cli.output import Output
from grant_schema.item import Item, has_ended, plain

SHOWN = 100
"""Lines of each kind that a plan shows to people; `--json` has them all."""


def show(planned: Plan, out: Output) -> None:
    """Say what `apply` would do, a line each."""
    if not planned.all:
        out.say(f"Nothing to do: all {planned.unchanged} grants are as the file says.", style="green")
        return
    kinds: list[tuple[str, Sequence[Any], Callable[[Any], str]]] = [
        ("green", planned.additions, _addition),
        ("yellow", planned.changes, _difference),
        ("red", planned.removals, _removal),
        ("yellow", planned.odd, _oddity),
    ]
    for style, some, line_of in kinds:
        for each in some[:SHOWN]:
            out.say(line_of(each), style=style)
        if len(some) > SHOWN:
            out.say(f"  and {len(some) - SHOWN} more of these (plan --json shows all)", style=style)
    out.say(f"{words(planned)}, {planned.unchanged} unchanged")


def words(planned: Plan) -> str:
    """Return how many grants are added, changed and removed."""
    return ", ".join(f"{number} {kind}" for kind, number in counts(planned).items())


def counts(planned: Plan) -> dict[str, int]:
    """Return the same as numbers."""
    return {
        "added": len(planned.additions),
        "changed": len(planned.changes),
        "removed": len(planned.removals),
    }


def _line(item: Item) -> str:
    return f"{item['principal']['S']} {item['notebook']['S']}{in_this_way(item)}"


def in_this_way(item: Item) -> str:
    """Return the attributes of a row that are not its key."""
    extra = [f"{name}={value}" for name, value in plain(item).items() if name not in ("principal", "notebook")]
    return f" ({', '.join(extra)})" if extra else ""


def _addition(change: Change) -> str:
    assert change.wanted is not None
    return f"+ {_line(change.wanted.item())}"


def _removal(change: Change) -> str:
    assert change.seen is not None
    return f"- {_line(change.seen)}"


def _oddity(odd: tuple[Change, list[str]]) -> str:
    change, problems = odd
    return f"! apply {change.verb} {' '.join(change.key)}: {'; '.join(problems)}"


def _difference(change: Change) -> str:
    before = plain(change.seen) if change.seen else {}
    after = change.wanted.plain() if change.wanted else {}
    parts = [
        f"{name}: {before.get(name, 'none')} → {after.get(name, 'none')}"
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]
    return f"~ {' '.join(change.key)} ({', '.join(parts)})"


def row(item: Item, now: float) -> Sequence[str]:
    """Return a row's cells for people."""
    marks = [in_this_way(item).strip(" ()"), "(ended)" if has_ended(item, now) else ""]
    wrong, odd = faults(item), oddities(item)
    if wrong or odd:
        marks.append(f"({'grants nothing: ' if wrong else ''}{'; '.join(wrong + odd)})")
    return item["principal"]["S"], item["notebook"]["S"], " ".join(mark for mark in marks if mark)


def listed(item: Item, now: float) -> dict[str, Any]:
    """Return a row for programs."""
    wrong, odd = faults(item), oddities(item)
    marks = {"ended": has_ended(item, now), "grants_nothing": bool(wrong), "problems": wrong + odd}
    return {**plain(item), **{name: mark for name, mark in marks.items() if mark}}
