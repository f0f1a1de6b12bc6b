"""Compares the grants in the table with the wanted ones: additions, changes and removals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.grant_schema.item import GrantKey, Item, has_ended, is_requested, plain_values
from cli.grant_schema.spec import GrantSpec
from cli.grants.row_problems import row_errors, row_warnings
from gate.store.table import key_of

MAX_REMOVALS = 5
MAX_REMOVALS_PERCENT = 10
"""`apply` needs `--allow-removals` to remove more grants than this number and more than this share of all."""


@dataclass(frozen=True)
class RowChange:
    """A row to write or to remove. It is done only if the row still is what it was when this was planned."""

    before: Item | None
    """The row at the time of planning; None if there was none."""
    after: GrantSpec | None
    """None to remove the row."""

    @property
    def key(self) -> GrantKey:
        """The key of the row."""
        if self.after is not None:
            return self.after.key
        assert self.before is not None
        return key_of(self.before)

    @property
    def verb(self) -> str:
        """What `apply` does to the row that is there."""
        return "removes" if self.after is None else "replaces"


@dataclass(frozen=True)
class Plan:
    """The changes that make the table match the wanted grants."""

    additions: list[RowChange]
    changes: list[RowChange]
    removals: list[RowChange]
    unchanged: int

    @classmethod
    def compute(
        cls,
        wanted: Mapping[GrantKey, GrantSpec],
        present: Mapping[GrantKey, Item],
        *,
        now: float,
        include_requested: bool = False,
    ) -> "Plan":
        """Compare `wanted` with `present`. Rows that have ended at `now` (epoch seconds) count as removed.

        `include_requested`: whether grants that an access request led to are removed, too, if they are not wanted.
        """
        additions, changes, removals, unchanged = [], [], [], 0
        for key, spec in sorted(wanted.items()):
            item = present.get(key)
            if item is None or has_ended(item, now):
                additions.append(RowChange(item, spec))
            elif not spec.matches(item):
                changes.append(RowChange(item, spec))
            else:
                unchanged += 1
        for key, item in sorted(present.items()):
            if key not in wanted and not has_ended(item, now) and (include_requested or not is_requested(item)):
                removals.append(RowChange(item, None))
        return cls(additions, changes, removals, unchanged)

    @property
    def row_changes(self) -> list[RowChange]:
        """All changes in a safe order: nobody loses a grant before its replacement is there."""
        return [*self.additions, *self.changes, *self.removals]

    @property
    def malformed(self) -> list[tuple[RowChange, list[str]]]:
        """The changes and removals of rows that `gate` would not write so, with the problems of each."""
        rows = [(change, change.before) for change in (*self.changes, *self.removals) if change.before is not None]
        found = [(change, [*row_errors(item), *row_warnings(item)]) for change, item in rows]
        return [(change, problems) for change, problems in found if problems]

    @property
    def removes_many(self) -> bool:
        """Whether the plan removes so many grants that it may be a mistake."""
        total = self.unchanged + len(self.changes) + len(self.removals)
        removed = len(self.removals)
        return removed == total > 1 or (removed > MAX_REMOVALS and removed * 100 > total * MAX_REMOVALS_PERCENT)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON writes it."""
        return {
            "additions": [_after(change) for change in self.additions],
            "changes": [{"before": _before(change), "after": _after(change)} for change in self.changes],
            "removals": [_before(change) for change in self.removals],
            "unchanged": self.unchanged,
            "malformed": [
                {
                    "principal": change.key[0],
                    "notebook": change.key[1],
                    "problems": problems,
                    "apply": change.verb,
                }
                for change, problems in self.malformed
            ],
        }


def _after(change: RowChange) -> dict[str, Any]:
    assert change.after is not None
    return change.after.to_dict()


def _before(change: RowChange) -> dict[str, Any]:
    assert change.before is not None
    return plain_values(change.before)
