"""Who has a grant for a notebook, for its owners and approvers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gate.access_requests.keys import Reference
from gate.access_requests.unused_grants import read_unused, unused_key
from gate.store import key_prefixes
from gate.store.grant_row import read
from gate.store.table import Row, Table, key_of, primary_key
from gate.values.notebook import Notebook


@dataclass(frozen=True)
class Holder:
    """A principal with a grant for a notebook."""

    principal: str
    notebook: str
    """As the row names it."""
    until: int | None
    """Epoch seconds. None if the grant does not end."""
    granted_by: str
    """The people or the rule that allowed the access request; empty for the grants of operators."""
    reason: str
    request_id: str
    """The access request that led to the grant; empty for the grants of operators."""
    unused_since: int | None = None
    """Epoch seconds since when nobody opened the notebook by this grant, if an operator reported that."""
    checked_at: int | None = None
    """Epoch seconds of that report."""


class Holders:
    """Reads the grants of a notebook."""

    def __init__(self, table: Table):
        self._table = table

    def of(self, notebook: Notebook) -> list[Holder]:
        """Return who has a grant for `notebook`, sorted by principal.

        A grant may be missing for some seconds after it was given. Raises the errors of `Table`.
        """
        # Operators may have written rows in the spelling of the owner's grant.
        keys = [
            key for name in dict.fromkeys([str(notebook), notebook.written]) for key in self._table.by_notebook(name)
        ]
        # The sort key of other rows could be the name of a notebook, too.
        keys = [key for key in keys if not key["principal"]["S"].startswith(key_prefixes.NOT_GRANTS)]
        return sorted(self._read(keys), key=lambda each: each.principal)

    def of_requests(self, references: Iterable[Reference]) -> list[Holder]:
        """Return who has a grant that one of the requests led to, the earliest end first.

        A grant that was taken meanwhile is missing. Raises the errors of `Table`.
        """
        found = self._read(primary_key(each.requester, str(each.notebook)) for each in references)
        return sorted((each for each in found if each.granted_by), key=lambda each: each.until or 0)

    def with_reports(self, lists: Sequence[Sequence[Holder]]) -> list[list[Holder]]:
        """Return `lists` with what operators reported about unused grants. Raises the errors of `Table`.

        There is one report for each notebook, so one call reads those of a page.
        """
        notebooks = dict.fromkeys(each.notebook for holders in lists for each in holders)
        reports = read_unused(self._table.get(map(unused_key, notebooks)), self._table.now())

        def with_report(holder: Holder) -> Holder:
            report = reports.get((holder.principal, holder.notebook))
            return replace(holder, unused_since=report.since, checked_at=report.reported_at) if report else holder

        return [[with_report(each) for each in holders] for holders in lists]

    def _read(self, keys: Iterable[Row]) -> list[Holder]:
        """Return the holders of the grants with `keys` that exist and have not ended."""
        found, now = [_holder(item) for item in self._table.get(keys) if not read(item).unreadable], self._table.now()
        return [each for each in found if each.until is None or each.until > now]


def _holder(item: Row) -> Holder:
    granted_by, reason = (str(item.get(name, {}).get("S", "")) for name in ("granted_by", "reason"))
    principal, notebook = key_of(item)
    row = read(item)
    return Holder(principal, notebook, row.until, granted_by, reason, row.request_id)
