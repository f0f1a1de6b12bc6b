"""What a caller may open: grants, read from DynamoDB for all of the caller's principals at once."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from gate.clock import Clock
from gate.errors.notebook import NotGrantedError
from gate.identity.caller import Caller
from gate.log import logger
from gate.metrics import count_once
from gate.notebook import Notebook
from gate.store.cutoffs import cutoff_keys, without_cutoffs
from gate.store.grant_row import MIN_SESSION, Power, View, read
from gate.store.rows import Rows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Grant:
    """One principal may open one notebook, in this way."""

    principal: str
    notebook: Notebook
    session: int
    """Seconds for which the opened notebook stays usable, 1800 to 43200."""
    view: View = "lab"
    power: Power = "none"
    until: int | None = None
    """Epoch seconds at which the grant ends."""
    default: bool = False

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
    """The grants table, as the function reads it."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, max_session: int, clock: Clock = time.time):
        """`max_session`: seconds; no grant gives more, and one that names no length gives this."""
        self._rows = Rows(dynamodb, table)
        self._max_session = max_session
        self._clock = clock

    def find(self, caller: Caller, notebook: Notebook) -> Grant:
        """Return the grant by which `caller` may open `notebook`.

        Raises `NotGrantedError` where there is none, and nothing tells whether the notebook exists, `SignInEndedError`
        where a cutoff ends what proved the caller, and what `Rows` raises.
        """
        keys = [{"principal": {"S": principal}, "notebook": {"S": str(notebook)}} for principal in caller.principals]
        grants = self._best(self._rows.at([*keys, *cutoff_keys(caller)]), caller)
        if not grants:
            raise NotGrantedError
        return grants[0]

    def listing(self, caller: Caller) -> list[Grant]:
        """Return one grant for each notebook that `caller` may open, sorted by name.

        Raises `SignInEndedError` where a cutoff ends what proved the caller, and what `Rows` raises.
        """
        cutoffs = [key["principal"]["S"] for key in cutoff_keys(caller)]
        return self._best(self._rows.of([*caller.principals, *cutoffs]), caller)

    def _best(self, items: Iterable[Mapping[str, Any]], caller: Caller) -> list[Grant]:
        principals = caller.principals
        now = self._clock()
        best: dict[Notebook, Grant] = {}
        for item in without_cutoffs(items, caller):
            grant = self._grant(item)
            # DynamoDB deletes items days after their time to live has passed, so the end is checked here, too.
            if grant is None or (grant.until is not None and grant.until <= now):
                continue
            known = best.get(grant.notebook)
            if known is None or _rank(grant, principals) < _rank(known, principals):
                best[grant.notebook] = grant
        return sorted((_shortened(grant, now) for grant in best.values()), key=lambda grant: str(grant.notebook))

    def _grant(self, item: Mapping[str, Any]) -> Grant | None:
        """Return the grant that a row gives, or None where it gives none. A mistake in one row costs no other row."""
        row = read(item)
        if row.notebook is None or row.unreadable:
            _report(item, row.unreadable)
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
        )


def _report(item: Mapping[str, Any], attributes: tuple[str, ...]) -> None:
    """Log and count a row that cannot be read, once a request: by its key, and without its values."""
    principal, notebook = item["principal"]["S"], item["notebook"]["S"]
    if count_once("MalformedGrants", (principal, notebook)):
        logger.warning("malformed grant", principal=principal, notebook=notebook, attributes=attributes)


def _rank(grant: Grant, principals: Sequence[str]) -> tuple[bool, int, int, str]:
    """Order two grants of one notebook: one's own beats a group's, then more power, then the longer session."""
    return (
        grant.principal != principals[0],
        -get_args(Power).index(grant.power),
        -grant.session,
        grant.principal,
    )


def _shortened(grant: Grant, now: float) -> Grant:
    """Let the opened notebook outlive the grant's end as little as the API allows."""
    if grant.until is None:
        return grant
    return replace(grant, session=max(MIN_SESSION, min(grant.session, int(grant.until - now))))
