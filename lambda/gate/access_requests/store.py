"""Reads and writes access requests in the grants table. Each step is one conditional write."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gate.access_requests.access_request import OPEN_SECONDS, AccessRequest, key_of_id, row_key
from gate.aws.errors import aws_errors, code_of
from gate.clock import Clock
from gate.errors.caller import SignInEndedError
from gate.errors.notebook import InvalidNotebookNameError
from gate.errors.upstream import ThrottledError
from gate.identity.caller import Caller
from gate.log import logger
from gate.store import key_prefixes
from gate.store.cutoffs import apply_cutoffs, cutoff_keys
from gate.store.rows import Rows

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
        found = [_read(item) for item in self._rows.query([key_prefixes.ACCESS_REQUEST])]
        return sorted((each for each in found if each is not None), key=lambda each: (each.asked_at, each.id))

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
        return next(map(_read, self._rows.get([row_key(key)])), None)

    def was_signed_out(self, names: Sequence[str], since: float) -> bool:
        """Return whether a cutoff ended what the person with the principals `names` proved at `since` (epoch seconds).

        Raises the errors of `Rows`.
        """
        caller = Caller(names[0], (), "session", "", since, tuple(names[1:]))
        try:
            apply_cutoffs(self._rows.get(cutoff_keys(caller)), caller)
        except SignInEndedError:
            return True
        return False

    def add(self, request: AccessRequest) -> None:
        """Write a new request, and count it.

        Raises `ConflictError`: its first value tells that the person has an open request for this notebook, the second
        that the person has asked `MAX_A_DAY` times today. Raises the errors of `aws_errors`.
        """
        now = int(self._clock())
        put = {
            "TableName": self._table,
            "Item": request.item(),
            "ConditionExpression": "attribute_not_exists(#principal) OR #decision <> :open OR #asked_at <= :ended",
            "ExpressionAttributeNames": {
                "#principal": "principal",
                "#decision": "decision",
                "#asked_at": "asked_at",
            },
            "ExpressionAttributeValues": {":open": {"S": ""}, ":ended": {"N": str(now - OPEN_SECONDS)}},
        }
        self._transact([{"Put": put}, {"Update": self._counter(request.requester, now)}])

    def change(self, request: AccessRequest, grant: Mapping[str, Any] | None = None) -> AccessRequest:
        """Write `request`, which was read before and has changed since, and `grant`, the row of a grant, if any.

        Both are written, or neither. A grant replaces only a grant that has ended, or that a request led to.
        Raises `ConflictError`: its first value tells that the row of the request has changed meanwhile, the second that
        the person has another grant. Raises the errors of `aws_errors`.
        """
        changed = replace(request, version=request.version + 1)
        writes: list[dict[str, Any]] = [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": changed.item(),
                    "ConditionExpression": "#id = :id AND #version = :version",
                    "ExpressionAttributeNames": {"#id": "id", "#version": "version"},
                    "ExpressionAttributeValues": {
                        ":id": {"S": request.id},
                        ":version": {"N": str(request.version)},
                    },
                }
            }
        ]
        if grant is not None:
            writes.append({"Put": self._grant_write(grant)})
        self._transact(writes)
        return changed

    def _grant_write(self, grant: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": grant,
            "ConditionExpression": (
                "attribute_not_exists(#principal) OR attribute_exists(#request_id) OR #until <= :now"
            ),
            "ExpressionAttributeNames": {"#principal": "principal", "#request_id": "request_id", "#until": "until"},
            "ExpressionAttributeValues": {":now": {"N": str(int(self._clock()))}},
        }

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
        return AccessRequest.read(item)
    except (ValueError, KeyError, TypeError, InvalidNotebookNameError):
        logger.warning("malformed access request", notebook=item["notebook"]["S"])
        return None
