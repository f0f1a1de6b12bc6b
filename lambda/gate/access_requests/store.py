"""Reads and writes access requests in the grants table. Each step is one conditional write."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from gate.access_requests.access_request import OPEN_SECONDS, AccessRequest, digest
from gate.access_requests.keys import (
    ALLOWED,
    COUNT,
    FORMER,
    FORMER_KEEP,
    OPEN,
    Reference,
    allowed_key,
    is_former,
    is_id,
    partition_of,
    past_key,
    read_references,
    reference_key,
    reference_of,
    reference_row,
    row_key,
)
from gate.access_requests.obstacles import with_obstacles
from gate.access_requests.participant import Participant
from gate.access_requests.requested_grant import GrantChange
from gate.access_requests.row import read_rows, to_row
from gate.store.denied import ended_row
from gate.store.grant_row import REQUESTED
from gate.store.table import ConditionFailedError, Row, Table, expressions, key_of, primary_key, unchanged
from gate.values.errors.upstream import ThrottledError
from gate.values.notebook import Notebook
from gate.values.revocation import SESSION_MARGIN

T = TypeVar("T")

MAX_ATTEMPTS = 3
"""Attempts to change rows that others change at the same moment."""

MAX_A_DAY = 10
"""Access requests of one person in a day (UTC)."""

COUNTER_TTL = 2 * 86_400
"""Seconds after which DynamoDB may delete the count of a day."""


def attempt(change: Callable[[], T]) -> T:
    """Return what `change` returns. Call it again if it raises `ConditionFailedError`: others changed what it had read.

    Raises `ThrottledError` after `MAX_ATTEMPTS`.
    """
    for _ in range(MAX_ATTEMPTS):
        with suppress(ConditionFailedError):
            return change()
    raise ThrottledError


class AccessRequestStore:
    """The access requests in the table. Every method raises the errors of `Table`."""

    def __init__(self, table: Table, *, keep: int):
        """`keep`: seconds for which a request stays in the table after somebody asked."""
        self._table = table
        self._keep = keep
        self.now = table.now

    def of_person(
        self, names: Sequence[str], *, with_open: bool = False
    ) -> tuple[list[AccessRequest], list[Reference]]:
        """Return the latest request of the person with `names` for each notebook, the latest first.

        `with_open`: whether to return references to the open requests of others, too, the oldest first. Obstacles are
        not known yet (`as_of_now`).
        """
        partitions = [*map(partition_of, names), FORMER, *([OPEN] if with_open else [])]
        items, now = list(self._table.query(partitions)), self._table.now()
        requests = list(read_rows(item for item in items if item["principal"]["S"] != OPEN))
        references = list(read_references(item for item in items if item["principal"]["S"] == OPEN))
        references += [reference_of(each) for each in requests if is_former(each.id) and each.state(now) == "open"]
        own = [each for each in requests if set(names) & set(each.requester_names)]
        # DynamoDB may delete a reference days after its end.
        of_others = [each for each in references if each.requester not in names and each.time + OPEN_SECONDS > now]
        return sorted(own, key=_age, reverse=True), sorted(of_others, key=lambda each: each.time) if with_open else []

    def allowed(self) -> list[Reference]:
        """Return the references to allowed requests whose grants have not ended, the earliest end first."""
        now = self._table.now()
        references = read_references(self._table.query([ALLOWED]))
        return sorted((each for each in references if each.time > now), key=lambda each: each.time)

    def remind(self, reference: Reference) -> bool:
        """Note that the person is reminded of the end of the grant. Return whether that was not noted before."""
        condition = "attribute_exists(#principal) AND attribute_not_exists(#reminded)"
        return self._table.update(allowed_key(reference), "SET #reminded = :true", condition, true={"BOOL": True})

    def find(self, request_id: str) -> AccessRequest | None:
        """Return the request with the id `request_id`, or None."""
        keys = [row_key(request_id), past_key(request_id)] if is_id(request_id) else []
        return next((each for each in self.as_of_now(self._get(keys)) if each.id == request_id), None)

    def latest(self, request_id: str) -> AccessRequest | None:
        """Return the latest request of that person for that notebook, or None."""
        return next(iter(self.as_of_now(self._get([row_key(request_id)]))), None)

    def get(self, references: Iterable[Reference]) -> list[AccessRequest]:
        """Return the requests that `references` refer to, the oldest first, without obstacles."""
        ids = {each.request_id for each in references}
        return sorted((each for each in self._get(map(row_key, ids)) if each.id in ids), key=_age)

    def grant_of(self, requester: str, notebook: Notebook) -> Row | None:
        """Return the row of the grant that a request of `requester` for `notebook` can lead to, or None."""
        return next(iter(self._table.get([primary_key(requester, str(notebook))])), None)

    def as_of_now(self, requests: Iterable[AccessRequest]) -> list[AccessRequest]:
        """Return `requests`; those that are open with what ended them, and without approvals that a cutoff ended."""
        return with_obstacles(requests, self._table)

    def add(
        self, request: AccessRequest, grant: GrantChange | None = None, *, replaced: AccessRequest | None = None
    ) -> None:
        """Write a new request and `grant`, if any, and count the request. All are written, or none.

        `replaced`: the earlier request for the same notebook, if there is one. Raises `ConditionFailedError`: its first
        value tells that there is another request for the notebook meanwhile, the second that the person has asked
        `MAX_A_DAY` times today, and the last that the row of the grant has changed.
        """
        writes = [self._write(request, replaced), _count_write(request.requester, self._table.now())]
        writes.append({"Put": {"Item": reference_row(request)}})
        if replaced is not None:
            writes.append({"Put": {"Item": to_row(replace(replaced, is_replaced=True), keep=self._keep)}})
            writes.append({"Delete": {"Key": reference_key(replaced)}})
        self._table.transact([*writes, *_grant_writes(grant)])

    def remember(self, request: AccessRequest) -> AccessRequest:
        """Write `request`, whose message is known now. Raises `ConditionFailedError` as `change` does."""
        changed = replace(request, version=request.version + 1)
        self._table.transact([self._write(changed, request)])
        return changed

    def change(self, request: AccessRequest, grant: GrantChange | None = None) -> AccessRequest:
        """Write `request`, which somebody has approved, decided or withdrawn since it was read, and `grant`, if any.

        Both are written, or neither. Raises `ConditionFailedError` if the row of the request or of the grant has
        changed meanwhile.
        """
        changed = replace(request, version=request.version + 1)
        writes = [self._write(changed, request)]
        if changed.decision:
            writes.append({"Delete": {"Key": reference_key(changed)}})
        if changed.decision == "allowed":
            writes.append({"Put": {"Item": reference_row(changed)}})
        self._table.transact([*writes, *_grant_writes(grant)])
        return changed

    def lasting(self, request: AccessRequest) -> list[AccessRequest]:
        """Return the allowed requests of that person for that notebook whose end is still to come."""
        partitions = [key_of(key(request.id))[0] for key in (row_key, past_key)]
        same = [each for each in read_rows(self._table.query(partitions)) if each.notebook == request.notebook]
        return [each for each in same if each.decision == "allowed" and each.until > self._table.now()]

    def end(self, requests: Sequence[AccessRequest], grant: Row | None, *, by: Participant) -> list[AccessRequest]:
        """End `grant`, if there is one, and `requests`, and write the denies that cut off the notebook. Return these.

        All are written, or none. Raises `ConditionFailedError` as `change` does.
        """
        now, first = int(self._table.now()), requests[0]
        ended = [replace(each, ended_by=by.name, until=now, version=each.version + 1) for each in requests]
        names = {name for each in requests for name in each.requester_names}
        names |= set(by.names) if names & set(by.names) else set()
        writes = [self._write(*both) for both in zip(ended, requests, strict=True)]
        writes += [{"Delete": {"Key": allowed_key(reference_of(each))}} for each in requests]
        writes += _grant_writes(GrantChange(grant, {**grant, "until": {"N": str(now)}}) if grant else None)
        rows = [ended_row(name, first.notebook, now + SESSION_MARGIN) for name in sorted(names)]
        self._table.transact([*writes, *({"Put": {"Item": row}} for row in rows)])
        return ended

    def _get(self, keys: Iterable[Row]) -> list[AccessRequest]:
        return list(read_rows(self._table.get(keys)))

    def _write(self, request: AccessRequest, before: AccessRequest | None) -> dict[str, Row]:
        keep = FORMER_KEEP if is_former(request.id) else self._keep
        row_before = to_row(before, keep=keep) if before else None
        return {"Put": {"Item": to_row(request, keep=keep), **unchanged(row_before, ("id", "version"))}}


def _grant_writes(grant: GrantChange | None) -> list[dict[str, Row]]:
    if grant is None:
        return []
    # The role may name no other attributes of a grant, not even in a condition (infra/grants_table.py).
    return [{"Put": {"Item": grant.after, **unchanged(grant.before, REQUESTED[2:])}}]


def _count_write(requester: str, now: float) -> dict[str, Row]:
    numbers = {"one": 1, "most": MAX_A_DAY, "until": int(now) + COUNTER_TTL}
    parameters = expressions(
        {name: {"N": str(number)} for name, number in numbers.items()},
        UpdateExpression="SET #until = :until ADD #count :one",
        ConditionExpression="attribute_not_exists(#count) OR #count < :most",
    )
    return {"Update": {"Key": primary_key(COUNT, f"{int(now) // 86_400}/{digest(requester)}"), **parameters}}


def _age(request: AccessRequest) -> tuple[int, str]:
    return request.asked_at, request.id
