"""Which grants were used in a time, by the audit log (`gate.platform.audit`)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from cli.grant_schema.item import GrantKey, Item, may_be_for
from cli.insights import Insights
from gate.store.grant_row import read
from gate.store.table import key_of
from gate.values.notebook import Notebook

_USES = 'filter message = "decision" and action in ["open", "start", "stop"] and outcome = "allowed"'
BY_GRANT = f"{_USES} and ispresent(granted_to) | stats count(*) as uses by granted_to"
BY_CALLER = f"{_USES} and not ispresent(granted_to) | stats count(*) as uses by subject, notebook"
"""The uses whose lines do not name the grants: those of earlier versions, and of callers with very many grants."""


@dataclass(frozen=True)
class Uses:
    """The uses of one deployment in a time."""

    home: str
    """The deployment's own location."""
    grants: frozenset[GrantKey]
    """The grants that lines name: principal, and notebook in normal form."""
    callers: Mapping[Notebook, frozenset[str]]
    """The subjects of lines that do not name the grants, by the notebook."""

    @classmethod
    def read(cls, insights: Insights, first: int, last: int, home: str, on_progress: Callable[[int], None]) -> "Uses":
        """Read the uses from `first` to `last`, both in epoch seconds and included.

        `on_progress` is called with seconds that are done, twice for each. Raises the errors of `Insights.rows`.
        """
        callers: dict[Notebook, set[str]] = defaultdict(set)
        named = [row["granted_to"] for row in insights.rows(BY_GRANT, first, last, on_progress)]
        for row in insights.rows(BY_CALLER, first, last, on_progress):
            callers[Notebook.parse(row["notebook"]).relative_to(home)].add(row["subject"])
        lines = chain.from_iterable(text.split("\n") for text in named)
        return cls(
            home,
            frozenset(_key(principal, notebook, home) for principal, _, notebook in map(_parts, lines)),
            {notebook: frozenset(subjects) for notebook, subjects in callers.items()},
        )

    def of(self, item: Item) -> bool:
        """Return whether the grant of a row was used, or may have been.

        All spellings of a notebook are one grant, because `gate grants take` takes all of them.
        """
        principal, notebook = key_of(item)
        return _key(principal, notebook, self.home) in self.grants or any(
            _may_apply(principal, subject) for used in self._candidates(item) for subject in self.callers.get(used, ())
        )

    def _candidates(self, item: Item) -> Iterable[Notebook]:
        notebook = read(item).notebook
        if notebook is None or not notebook.is_for_users:
            return [notebook.relative_to(self.home)] if notebook else []
        return (used for used in self.callers if may_be_for(item, used, self.home))


def _key(principal: str, notebook: str, home: str) -> GrantKey:
    return principal, str(Notebook.parse_granted(notebook).relative_to(home))


def _parts(line: str) -> tuple[str, str, str]:
    return line.rpartition(" ")  # a principal may contain spaces


def _may_apply(principal: str, subject: str) -> bool:
    """Return whether a grant of `principal` may apply to the caller `subject`, whose groups and aliases are unknown."""
    is_alias = principal.startswith("slack:") and subject.startswith("user:")
    return principal == subject or principal.startswith("group:") or is_alias
