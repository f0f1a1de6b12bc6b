"""Finds the grants of a caller, in one read for all of the caller's principals."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager

from gate.platform.log import logger
from gate.platform.metrics import count_once
from gate.store.cutoffs import apply_cutoffs, cutoff_keys
from gate.store.grant_row import MIN_SESSION, read
from gate.store.table import Row, Table, key_of, primary_key
from gate.values.caller import Caller
from gate.values.errors.notebook import NotGrantedError
from gate.values.grant import Grant, owned, union
from gate.values.notebook import Notebook
from gate.values.user_name import UserNames


class Grants:
    """Reads grants from the table."""

    def __init__(self, table: Table, *, max_session: int, home: str, user_names: UserNames):
        """`max_session`: the longest session in seconds, which is also the default for grants without a length.

        `home`: the deployment's own location (`account/region`), by which a row may name its notebooks, too.
        `user_names`: what `{user}` in a row stands for.
        """
        self._table = table
        self._max_session = max_session
        self._home = home
        self._user_names = user_names

    def find(self, caller: Caller, notebook: Notebook) -> Grant:
        """Return the union of the grants by which `caller` may open `notebook`.

        Raises `NotGrantedError` if there is none, whether or not the notebook exists. Raises the errors of
        `apply_cutoffs` and `Table`.
        """
        grants = self._of_notebook(caller, notebook)
        if not grants:
            raise NotGrantedError
        return union(grants)

    def find_all(self, caller: Caller) -> list[Grant]:
        """Return the union of grants for each notebook that `caller` may open, sorted by the notebook's name.

        Raises the errors of `apply_cutoffs` and `Table`.
        """
        by_notebook: dict[Notebook, list[Grant]] = defaultdict(list)
        for grant in self._all(caller):
            by_notebook[grant.notebook].append(grant)
        return sorted(map(union, by_notebook.values()), key=lambda grant: str(grant.notebook))

    def find_owned(self, caller: Caller, notebook: Notebook | None = None) -> list[Grant]:
        """Return the grants by which `caller` owns `notebook`, or any notebook if it is None.

        Raises the errors of `apply_cutoffs` and `Table`.
        """
        return owned(self._all(caller) if notebook is None else self._of_notebook(caller, notebook))

    def reading_ahead(self, caller: Caller, notebook: Notebook | None = None) -> AbstractContextManager[None]:
        """Begin to read the grants of `caller`, who is not proven yet, for `notebook`, or all if it is None.

        `find` and `find_all` in the block use what was read, if the proven caller has the same names and groups.
        """
        if notebook is None:
            return self._table.reading_ahead(principals=_partitions(caller))
        return self._table.reading_ahead(keys=_keys(caller, notebook.relative_to(self._home)))

    def _of_notebook(self, caller: Caller, notebook: Notebook) -> list[Grant]:
        notebook = notebook.relative_to(self._home)
        user_name = self._user_names.of(caller)
        if user_name and user_name in str(notebook):
            # A row with `{user}` may become this notebook, and all of its rows are one union.
            return self._all_of(notebook, caller)
        found = list(self._valid(self._table.get(_keys(caller, notebook)), caller))
        if any(not grant.request_id for grant in found):
            return found
        # Operators may have written rows in another spelling, whose keys are unknown. A requested grant, whose key is
        # always in normal form, must not hide them.
        return self._all_of(notebook, caller)

    def _all_of(self, notebook: Notebook, caller: Caller) -> list[Grant]:
        return [grant for grant in self._all(caller) if grant.notebook == notebook]

    def _all(self, caller: Caller) -> Iterator[Grant]:
        return self._valid(self._table.query(_partitions(caller)), caller)

    def _valid(self, items: Iterable[Row], caller: Caller) -> Iterator[Grant]:
        """Yield the grants in `items` that have not ended."""
        now, user_name = self._table.now(), self._user_names.of(caller)
        for item in apply_cutoffs(items, caller):
            grant = self._grant(item, now, user_name)
            # DynamoDB deletes items days after their time to live has passed, so the end is checked here, too.
            if grant is not None and (grant.until is None or grant.until > now):
                yield grant

    def _grant(self, item: Row, now: float, user_name: str) -> Grant | None:
        """Return the grant in a row, or None if the row grants nothing. A malformed row does not affect other rows.

        `user_name`: the caller's name, or empty.

        The session ends with the grant, unless that is sooner than the API allows.
        """
        row = read(item)
        if row.notebook is None or row.unreadable:
            _report_malformed(item, row.unreadable)
            return None
        notebook = row.notebook.of_user(user_name)
        if notebook is None:
            return None
        principal, row_notebook = key_of(item)
        session = self._max_session if row.session is None else min(row.session, self._max_session)
        if row.until is not None:
            session = min(session, int(row.until - now))
        return Grant(
            principal=principal,
            notebook=notebook.relative_to(self._home),
            session=max(MIN_SESSION, session),
            view=row.view,
            power=row.power or "none",
            until=row.until,
            title=row.title or "",
            default=row.default,
            owner=row.owner,
            request_id=row.request_id,
            row_notebook=row_notebook,
        )


def _keys(caller: Caller, notebook: Notebook) -> list[Row]:
    """Return the keys of the rows that decide whether `caller` may open `notebook`."""
    return [*(primary_key(principal, str(notebook)) for principal in caller.principals), *cutoff_keys(caller)]


def _partitions(caller: Caller) -> list[str]:
    """Return the partition keys of the rows that decide what `caller` may open."""
    return [*caller.principals, *(key_of(key)[0] for key in cutoff_keys(caller))]


def _report_malformed(item: Row, attributes: tuple[str, ...]) -> None:
    """Log and count a malformed row, once in a request. The log line has the row's key, and no other values."""
    principal, notebook = key_of(item)
    if count_once("MalformedGrants", (principal, notebook)):
        logger.warning("malformed grant", principal=principal, notebook=notebook, attributes=attributes)
