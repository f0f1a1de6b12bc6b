"""Finds the grants of a caller, in one read for all of the caller's principals."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from gate.clock import Clock
from gate.errors.notebook import NotGrantedError
from gate.identity.caller import Caller
from gate.log import logger
from gate.metrics import count_once
from gate.notebook import Notebook
from gate.store.cutoffs import apply_cutoffs, cutoff_keys
from gate.store.grant_row import MIN_SESSION, Power, View, read
from gate.store.rows import Rows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Grant:
    """Allows one principal to open one notebook."""

    principal: str
    notebook: Notebook
    session: int
    """Seconds for which an opened notebook can be used, 1800 to 43200."""
    view: View = "lab"
    power: Power = "none"
    until: int | None = None
    """The end of the grant, in epoch seconds. None if it does not end."""
    default: bool = False
    owner: bool = False
    """Whether the principal decides on access requests for the notebook."""
    request_id: str = ""
    """The id of the access request that led to the grant; empty for the grants of operators."""

    @property
    def may_start(self) -> bool:
        """Whether the grant includes starting the notebook."""
        return self.power != "none"

    @property
    def may_stop(self) -> bool:
        """Whether the grant includes stopping the notebook."""
        return self.power in ("start-stop", "auto-start")

    @property
    def starts_by_itself(self) -> bool:
        """Whether opening the stopped notebook starts it."""
        return self.power == "auto-start"


class Grants:
    """Reads grants from the table."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, max_session: int, clock: Clock = time.time):
        """`max_session`: the longest session in seconds, which is also the default for grants without a length."""
        self._rows = Rows(dynamodb, table)
        self._max_session = max_session
        self._clock = clock

    def find(self, caller: Caller, notebook: Notebook) -> Grant:
        """Return the grant by which `caller` may open `notebook`.

        Raises `NotGrantedError` if there is none, whether or not the notebook exists. Raises the errors of
        `apply_cutoffs` and `Rows`.
        """
        grants = self._best(self._rows_for(caller, notebook), caller)
        if not grants:
            raise NotGrantedError
        return grants[0]

    def find_all(self, caller: Caller) -> list[Grant]:
        """Return one grant for each notebook that `caller` may open, sorted by the notebook's name.

        Raises the errors of `apply_cutoffs` and `Rows`.
        """
        return self._best(self._all_rows(caller), caller)

    def find_owned(self, caller: Caller, notebook: Notebook | None = None) -> list[Grant]:
        """Return the grants by which `caller` owns `notebook`, or any notebook if it is None.

        A grant that an access request led to makes nobody an owner. Raises the errors of `apply_cutoffs` and `Rows`.
        """
        items = self._all_rows(caller) if notebook is None else self._rows_for(caller, notebook)
        return [grant for grant in self._valid(items, caller) if grant.owner and not grant.request_id]

    def _rows_for(self, caller: Caller, notebook: Notebook) -> Iterable[Mapping[str, Any]]:
        keys = [{"principal": {"S": principal}, "notebook": {"S": str(notebook)}} for principal in caller.principals]
        return self._rows.get([*keys, *cutoff_keys(caller)])

    def _all_rows(self, caller: Caller) -> Iterable[Mapping[str, Any]]:
        cutoffs = [key["principal"]["S"] for key in cutoff_keys(caller)]
        return self._rows.query([*caller.principals, *cutoffs])

    def _valid(self, items: Iterable[Mapping[str, Any]], caller: Caller) -> Iterator[Grant]:
        """Yield the grants in `items` that have not ended."""
        now = self._clock()
        for item in apply_cutoffs(items, caller):
            grant = self._grant(item)
            # DynamoDB deletes items days after their time to live has passed, so the end is checked here, too.
            if grant is not None and (grant.until is None or grant.until > now):
                yield grant

    def _best(self, items: Iterable[Mapping[str, Any]], caller: Caller) -> list[Grant]:
        principals, now = caller.principals, self._clock()
        best: dict[Notebook, Grant] = {}
        for grant in self._valid(items, caller):
            other = best.get(grant.notebook)
            if other is None or _rank(grant, principals) < _rank(other, principals):
                best[grant.notebook] = grant
        return sorted((_shortened(grant, now) for grant in best.values()), key=lambda grant: str(grant.notebook))

    def _grant(self, item: Mapping[str, Any]) -> Grant | None:
        """Return the grant in a row, or None if the row grants nothing. A malformed row does not affect other rows."""
        row = read(item)
        if row.notebook is None or row.unreadable:
            _report_malformed(item, row.unreadable)
            return None
        session = self._max_session if row.session is None else row.session
        return Grant(
            principal=item["principal"]["S"],
            notebook=row.notebook,
            session=max(MIN_SESSION, min(session, self._max_session)),
            view=row.view or "lab",
            power=row.power or "none",
            until=row.until,
            default=row.default,
            owner=row.owner,
            request_id=row.request_id,
        )


def _report_malformed(item: Mapping[str, Any], attributes: tuple[str, ...]) -> None:
    """Log and count a malformed row, once in a request. The log line has the row's key, and no other values."""
    principal, notebook = item["principal"]["S"], item["notebook"]["S"]
    if count_once("MalformedGrants", (principal, notebook)):
        logger.warning("malformed grant", principal=principal, notebook=notebook, attributes=attributes)


def _rank(grant: Grant, principals: Sequence[str]) -> tuple[bool, int, int, str]:
    """Return a sort key: the caller's own grant comes before a group's, then more power, then the longer session."""
    return (
        grant.principal != principals[0],
        -get_args(Power).index(grant.power),
        -grant.session,
        grant.principal,
    )


def _shortened(grant: Grant, now: float) -> Grant:
    """Shorten the session to the end of the grant, or to the shortest session that the API allows."""
    if grant.until is None:
        return grant
    return replace(grant, session=max(MIN_SESSION, min(grant.session, int(grant.until - now))))
