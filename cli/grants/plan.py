"""From what is granted to what a file wants: additions, changes and removals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.grants.row_problems import faults, oddities
from grant_schema.item import Item, has_ended, plain
from grant_schema.spec import GrantSpec

Key = tuple[str, str]

SHARE, FEW = 10, 5
"""Removing more than one in ten of all grants, and more than five, has to be said."""


@dataclass(frozen=True)
class Change:
    """One row to write or to remove, and what was seen there when that was decided."""

    seen: Item | None
    wanted: GrantSpec | None

    @property
    def key(self) -> Key:
        """The row."""
        if self.wanted is not None:
            return self.wanted.key
        assert self.seen is not None
        return self.seen["principal"]["S"], self.seen["notebook"]["S"]

    @property
    def verb(self) -> str:
        """What `apply` does to the row that was seen."""
        return "removes" if self.wanted is None else "replaces"


@dataclass(frozen=True)
class Plan:
    """What has to be done."""

    additions: list[Change]
    changes: list[Change]
    removals: list[Change]
    unchanged: int

    @property
    def all(self) -> list[Change]:
        """Everything, in the order in which it is safe to do: nobody loses what they get in another row."""
        return [*self.additions, *self.changes, *self.removals]

    @property
    def odd(self) -> list[tuple[Change, list[str]]]:
        """The changes and removals of rows that are not as `gate` writes them, with what is wrong with each."""
        seen = [(change, change.seen) for change in (*self.changes, *self.removals) if change.seen is not None]
        found = [(change, [*faults(item), *oddities(item)]) for change, item in seen]
        return [(change, problems) for change, problems in found if problems]

    @property
    def removes_too_much(self) -> bool:
        """Whether so much goes that it may be a mistake."""
        before = self.unchanged + len(self.changes) + len(self.removals)
        gone = len(self.removals)
        return gone == before > 1 or (gone > FEW and gone * SHARE > before)

    def plain(self) -> dict[str, Any]:
        """Return the plan as JSON writes it."""
        return {
            "additions": [_wanted(change) for change in self.additions],
            "changes": [{"before": _seen(change), "after": _wanted(change)} for change in self.changes],
            "removals": [_seen(change) for change in self.removals],
            "unchanged": self.unchanged,
            "odd": [
                {
                    "principal": change.key[0],
                    "notebook": change.key[1],
                    "problems": problems,
                    "apply": change.verb,
                }
                for change, problems in self.odd
            ],
        }


def plan(wanted: Mapping[Key, GrantSpec], present: Mapping[Key, Item], *, now: float) -> Plan:
    """Compare. What has ended counts as gone: DynamoDB removes it by itself."""
    additions, changes, removals, unchanged = [], [], [], 0
    for key, entry in sorted(wanted.items()):
        seen = present.get(key)
        if seen is None or has_ended(seen, now):
            additions.append(Change(seen, entry))
        elif not entry.matches(seen):
            changes.append(Change(seen, entry))
        else:
            unchanged += 1
    for key, item in sorted(present.items()):
        if key not in wanted and not has_ended(item, now):
            removals.append(Change(item, None))
    return Plan(additions, changes, removals, unchanged)


def _wanted(change: Change) -> dict[str, Any]:
    assert change.wanted is not None
    return change.wanted.plain()


def _seen(change: Change) -> dict[str, Any]:
    assert change.seen is not None
    return plain(change.seen)
