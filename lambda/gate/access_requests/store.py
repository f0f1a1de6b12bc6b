"""Reads and writes access requests in the grants table. Each step is one conditional write."""

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gate.access_requests.access_request import AccessRequest, key_of_id
from gate.access_requests.requested_grant import GrantChange, grant_key, is_of_operator
from gate.access_requests.row import read_row, row_key, to_row
from gate.platform.aws.errors import aws_errors, code_of
from gate.platform.clock import Clock
from gate.platform.log import logger
from gate.store import key_prefixes
from gate.store.conditions import unchanged_condition
from gate.store.cutoffs import apply_cutoffs, cutoff_keys
from gate.store.grant_row import REQUESTED
from gate.store.rows import Rows
from gate.values.errors.access_requests import AccessRequestEndedError, AlreadyGrantedError
from gate.values.errors.base import GateError
from gate.values.errors.caller import SignInEndedError
from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.errors.upstream import ThrottledError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_A_DAY = 10
"""Access requests of one person in a day (UTC)."""

COUNTER_TTL = 2 * 86_400
"""Seconds after which DynamoDB may delete the count of a day."""


class ConflictError(Exception):
    """A condition of a write does not hold."""

    def __init__(self, failed: Sequence[bool]):
        """`failed`: for each write of the transaction, whether its condition does not hold."""
        super().__init__()
        self.failed = tuple(failed)


class AccessRequestStore:
    """The access requests in the table."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, clock: Clock = time.time):
        self._dynamodb = dynamodb
        self._rows = Rows(dynamodb, table)
        self._table = table
        self._clock = clock

    def all(self) -> list[AccessRequest]:
        """Return all requests, the oldest first. Raises the errors of `Rows`."""
        found = self._with_obstacles(self._rows.query([key_prefixes.ACCESS_REQUEST]))
        return sorted(found, key=lambda each: (each.asked_at, each.id))

    def find(self, request_id: str) -> AccessRequest | None:
        """Return the request with the id `request_id`, or None. Raises the errors of `Rows`."""
        try:
            key = key_of_id(request_id)
        except ValueError:
            return None
        request = self.of_key(key)
        return request if request is not None and request.id == request_id else None

    def of_key(self, key: str) -> AccessRequest | None:
        """Return the latest request with the sort key `key`, or None. Raises the errors of `Rows`."""
        return next(iter(self._with_obstacles(self._rows.get([row_key(key)]))), None)

    def grant_of(self, request: AccessRequest) -> Mapping[str, Any] | None:
        """Return the row of the grant that `request` can lead to, or None. Raises the errors of `Rows`."""
        return next(iter(self._rows.get([grant_key(request)])), None)

    def _with_obstacles(self, items: Iterable[Mapping[str, Any]]) -> list[AccessRequest]:
        """Return the requests in `items`, and why those that are open can no longer be allowed."""
        now = self._clock()
        requests = [request for request in map(_read, items) if request is not None]
        keys = []
        for request in requests:
            if request.state(now) == "open":
                keys += [grant_key(request), *cutoff_keys(request.asker.caller)]
        rows = {_key_of(item): item for item in self._rows.get(keys)}
        return [
            replace(request, obstacle=_obstacle(request, rows, now)) if request.state(now) == "open" else request
            for request in requests
        ]

    def add(self, request: AccessRequest, *, replaced: AccessRequest | None = None) -> None:
        """Write a new request, and count it. `replaced`: the earlier request with the same key, if there is one.

        Raises `ConflictError`: its first value tells that there is another request with this key meanwhile, the second
        that the person has asked `MAX_A_DAY` times today. Raises the errors of `aws_errors`.
        """
        counter = self._counter(request.requester, int(self._clock()))
        self._transact([self._request_write(request, replaced), {"Update": counter}])

    def change(self, request: AccessRequest, grant: GrantChange | None = None) -> AccessRequest:
        """Write `request`, which was read before and has changed since, and `grant`, if any.

        Both are written, or neither. Raises `ConflictError` if the row of the request or of the grant has changed
        meanwhile. Raises the errors of `aws_errors`.
        """
        changed = replace(request, version=request.version + 1)
        writes = [self._request_write(changed, request)]
        if grant is not None:
            # The role may name no other attributes of a grant, not even in a condition (infra/grants_table.py).
            condition = unchanged_condition(grant.before, REQUESTED[2:])
            writes.append({"Put": {"TableName": self._table, "Item": grant.after, **condition}})
        self._transact(writes)
        return changed

    def _request_write(self, request: AccessRequest, before: AccessRequest | None) -> dict[str, Any]:
        condition = unchanged_condition(to_row(before) if before else None, ("id", "version"))
        return {"Put": {"TableName": self._table, "Item": to_row(request), **condition}}

    def _counter(self, requester: str, now: int) -> dict[str, Any]:
        # A digest, because a principal can be longer than a sort key may be (1,024 bytes).
        person = hashlib.sha256(requester.encode("utf-8", "surrogatepass")).hexdigest()
        return {
            "TableName": self._table,
            "Key": {
                "principal": {"S": f"{key_prefixes.ACCESS_REQUEST}count"},
                "notebook": {"S": f"{now // 86_400}/{person}"},
            },
            "UpdateExpression": "SET #until = :until ADD #count :one",
            "ConditionExpression": "attribute_not_exists(#count) OR #count < :most",
            "ExpressionAttributeNames": {"#count": "count", "#until": "until"},
            "ExpressionAttributeValues": {
                ":one": {"N": "1"},
                ":most": {"N": str(MAX_A_DAY)},
                ":until": {"N": str(now + COUNTER_TTL)},
            },
        }

    def _transact(self, writes: Any) -> None:
        with aws_errors():
            try:
                self._dynamodb.transact_write_items(TransactItems=writes)
            except ClientError as error:
                if code_of(error) != "TransactionCanceledException":
                    raise
                failed = [
                    reason.get("Code") == "ConditionalCheckFailed" for reason in error.response["CancellationReasons"]
                ]
                if any(failed):
                    raise ConflictError(failed) from None
                # Another transaction writes the same rows, or DynamoDB throttles (API reference, "Cancellation").
                raise ThrottledError from error


def _read(item: Mapping[str, Any]) -> AccessRequest | None:
    try:
        return read_row(item)
    except (ValueError, KeyError, TypeError, InvalidNotebookNameError):
        logger.warning("malformed access request", notebook=item["notebook"]["S"])
        return None


def _key_of(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["principal"]["S"], item["notebook"]["S"]


def _obstacle(
    request: AccessRequest, rows: Mapping[tuple[str, str], Mapping[str, Any]], now: float
) -> type[GateError] | None:
    caller = request.asker.caller
    try:
        apply_cutoffs([rows[key] for key in map(_key_of, cutoff_keys(caller)) if key in rows], caller)
    except SignInEndedError:
        return AccessRequestEndedError
    grant = rows.get(_key_of(grant_key(request)))
    return AlreadyGrantedError if grant is not None and is_of_operator(grant, now) else None
