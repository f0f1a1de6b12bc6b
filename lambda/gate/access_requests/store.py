"""Reads and writes access requests in the grants table. Each step is one conditional write."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from gate.access_requests.access_request import AccessRequest, key_of_id
from gate.access_requests.requested_grant import GrantChange, grant_key, is_of_operator
from gate.access_requests.row import read_row, row_key, to_row
from gate.platform.log import logger
from gate.store import key_prefixes
from gate.store.cutoffs import apply_cutoffs, cutoff_keys
from gate.store.grant_row import REQUESTED
from gate.store.table import Row, Table, expressions, key_of, primary_key, unchanged
from gate.values.errors.access_requests import AccessRequestEndedError, AlreadyGrantedError
from gate.values.errors.base import GateError
from gate.values.errors.caller import SignInEndedError
from gate.values.errors.notebook import InvalidNotebookNameError

MAX_A_DAY = 10
"""Access requests of one person in a day (UTC)."""

COUNTER_TTL = 2 * 86_400
"""Seconds after which DynamoDB may delete the count of a day."""


class AccessRequestStore:
    """The access requests in the table. Every method raises the errors of `Table`."""

    def __init__(self, table: Table):
        self._table = table

    def all(self) -> list[AccessRequest]:
        """Return all requests, the oldest first."""
        found = self._with_obstacles(self._table.query([key_prefixes.ACCESS_REQUEST]))
        return sorted(found, key=lambda each: (each.asked_at, each.id))

    def find(self, request_id: str) -> AccessRequest | None:
        """Return the request with the id `request_id`, or None."""
        try:
            key = key_of_id(request_id)
        except ValueError:
            return None
        request = self.of_key(key)
        return request if request is not None and request.id == request_id else None

    def of_key(self, key: str) -> AccessRequest | None:
        """Return the latest request with the sort key `key`, or None."""
        return next(iter(self._with_obstacles(self._table.get([row_key(key)]))), None)

    def grant_of(self, request: AccessRequest) -> Row | None:
        """Return the row of the grant that `request` can lead to, or None."""
        return next(iter(self._table.get([grant_key(request)])), None)

    def _with_obstacles(self, items: Iterable[Row]) -> list[AccessRequest]:
        """Return the requests in `items`, and why those that are open can no longer be allowed."""
        now = self._table.now()
        requests = [request for request in map(_read, items) if request is not None]
        keys = []
        for request in requests:
            if request.state(now) == "open":
                keys += [grant_key(request), *cutoff_keys(request.asker.caller)]
        rows = {key_of(item): item for item in self._table.get(keys)}
        return [
            replace(request, obstacle=_obstacle(request, rows, now)) if request.state(now) == "open" else request
            for request in requests
        ]

    def add(
        self, request: AccessRequest, grant: GrantChange | None = None, *, replaced: AccessRequest | None = None
    ) -> None:
        """Write a new request and `grant`, if any, and count the request. All are written, or none.

        `replaced`: the earlier request with the same key, if there is one. Raises `ConditionFailedError`: its first
        value tells that there is another request with this key meanwhile, the second that the person has asked
        `MAX_A_DAY` times today, and the third that the row of the grant has changed.
        """
        writes = [_request_write(request, replaced), _count_write(request.requester, self._table.now())]
        self._table.transact([*writes, *_grant_writes(grant)])

    def change(self, request: AccessRequest, grant: GrantChange | None = None) -> AccessRequest:
        """Write `request`, which was read before and has changed since, and `grant`, if any.

        Both are written, or neither. Raises `ConditionFailedError` if the row of the request or of the grant has
        changed meanwhile.
        """
        changed = replace(request, version=request.version + 1)
        self._table.transact([_request_write(changed, request), *_grant_writes(grant)])
        return changed


def _request_write(request: AccessRequest, before: AccessRequest | None) -> dict[str, Row]:
    condition = unchanged(to_row(before) if before else None, ("id", "version"))
    return {"Put": {"Item": to_row(request), **condition}}


def _grant_writes(grant: GrantChange | None) -> list[dict[str, Row]]:
    if grant is None:
        return []
    # The role may name no other attributes of a grant, not even in a condition (infra/grants_table.py).
    return [{"Put": {"Item": grant.after, **unchanged(grant.before, REQUESTED[2:])}}]


def _count_write(requester: str, now: float) -> dict[str, Row]:
    # A digest, because a principal can be longer than a sort key may be (1,024 bytes).
    person = hashlib.sha256(requester.encode("utf-8", "surrogatepass")).hexdigest()
    numbers = {"one": 1, "most": MAX_A_DAY, "until": int(now) + COUNTER_TTL}
    parameters = expressions(
        {name: {"N": str(number)} for name, number in numbers.items()},
        UpdateExpression="SET #until = :until ADD #count :one",
        ConditionExpression="attribute_not_exists(#count) OR #count < :most",
    )
    key = primary_key(f"{key_prefixes.ACCESS_REQUEST}count", f"{int(now) // 86_400}/{person}")
    return {"Update": {"Key": key, **parameters}}


def _read(item: Row) -> AccessRequest | None:
    try:
        return read_row(item)
    except (ValueError, KeyError, TypeError, InvalidNotebookNameError):
        logger.warning("malformed access request", notebook=key_of(item)[1])
        return None


def _obstacle(request: AccessRequest, rows: Mapping[tuple[str, str], Row], now: float) -> type[GateError] | None:
    caller = request.asker.caller
    try:
        apply_cutoffs([rows[key] for key in map(key_of, cutoff_keys(caller)) if key in rows], caller)
    except SignInEndedError:
        return AccessRequestEndedError
    grant = rows.get(key_of(grant_key(request)))
    return AlreadyGrantedError if grant is not None and is_of_operator(grant, now) else None
