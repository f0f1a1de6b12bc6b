"""Stores launch queues in the grants table: one item for each queue, and one for each caller in it."""

import math
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gate.platform.aws.errors import aws_errors, code_of
from gate.platform.clock import Clock
from gate.platform.deadline import RESPONSE_LIMIT
from gate.store import key_prefixes
from gate.values.queue_state import INITIAL_RATE, QueueState, QueueTicket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TICKET_TTL = 6 * 3600
"""Seconds for which a number is valid: longer than any queue."""

COOLDOWN = 30
"""Cool-down after a launch, in seconds, in which a caller is assigned no new number."""

RESERVATION_TTL = RESPONSE_LIMIT + 3
"""Seconds after which a reservation expires. It outlives the request that made it, also where the clocks of two
instances differ slightly: no request is assigned a number after its reservation has expired."""


class QueueStore:
    """Assigns numbers, across all instances of the function."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, clock: Clock = time.time):
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock

    def read(self, location: str, subject: str) -> tuple[QueueState, QueueTicket | None]:
        """Return the queue at `location`, and the ticket of `subject`, if there is one.

        Raises the errors of `aws_errors`.
        """
        queue, ticket = _queue_key(location), _ticket_key(location, subject)
        with aws_errors():
            answer = self._dynamodb.execute_statement(
                Statement=f'SELECT * FROM "{self._table}" WHERE "principal" IN [?,?]',  # noqa: S608
                Parameters=[{"S": queue}, {"S": ticket}],
                ConsistentRead=True,
            )
            found = {item["principal"]["S"]: item for item in answer["Items"]}
        return _read_state(found.get(queue, {})), self._read_ticket(found.get(ticket))

    def reserve(self, location: str, subject: str) -> str | None:
        """Reserve a number for one request of `subject`.

        Returns the reservation that `enqueue` takes, or None if another request holds one. Of parallel requests only
        one succeeds: the item must not exist, or must have expired. A request that ends without a number leaves a
        reservation that expires after `RESERVATION_TTL` seconds. Raises the errors of `aws_errors`.
        """
        now, reservation = self._clock(), secrets.token_urlsafe(16)
        written = self._put_if(
            # The item holds this very reservation if botocore retries after a lost response.
            "attribute_not_exists(#principal) OR #until <= :now OR #reservation = :reservation",
            {
                **_key(_ticket_key(location, subject)),
                "reservation": {"S": reservation},
                "until": {"N": str(math.ceil(now + RESERVATION_TTL))},
            },
            names=("principal", "until", "reservation"),
            values={":now": _number(now), ":reservation": {"S": reservation}},
        )
        return reservation if written else None

    def enqueue(self, location: str, subject: str, reservation: str) -> tuple[QueueState, int] | None:
        """Assign the next number to `subject`, who holds `reservation`. Returns None if it has expired.

        Raises the errors of `aws_errors`, after which the reservation stays until it expires.
        """
        now = self._clock()
        with aws_errors():
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(_queue_key(location)),
                UpdateExpression="SET #rate = if_not_exists(#rate, :rate), #at = if_not_exists(#at, :now) "
                "ADD #last :one",
                ExpressionAttributeNames={"#rate": "rate", "#at": "at", "#last": "last"},
                ExpressionAttributeValues={":rate": _number(INITIAL_RATE), ":now": _number(now), ":one": {"N": "1"}},
                ReturnValues="ALL_NEW",
            )
            state = _read_state(answer["Attributes"])
        item = {**_ticket(location, subject, state.last, now + TICKET_TTL), "reservation": {"S": reservation}}
        written = self._put_if(
            "#reservation = :reservation",
            item,
            names=("reservation",),
            values={":reservation": {"S": reservation}},
        )
        return (state, state.last) if written else None

    def start_cooldown(self, location: str, subject: str) -> None:
        """Replace the number of `subject`, who was admitted, by a cool-down. Raises the errors of `aws_errors`."""
        item = _ticket(location, subject, 0, self._clock() + COOLDOWN)
        with aws_errors():
            self._dynamodb.put_item(TableName=self._table, Item=item)

    def count(self, location: str, outcome: str) -> QueueState:
        """Count one `outcome` (`done` or `throttled`), and return the queue. Raises the errors of `aws_errors`."""
        with aws_errors():
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(_queue_key(location)),
                UpdateExpression="ADD #outcome :one",
                ExpressionAttributeNames={"#outcome": outcome},
                ExpressionAttributeValues={":one": {"N": "1"}},
                ReturnValues="ALL_NEW",
            )
            return _read_state(answer["Attributes"])

    def advance(self, location: str, before: QueueState, after: QueueState) -> QueueState:
        """Replace the queue's position and rate, unless another instance did so since `before` was read.

        Raises the errors of `aws_errors`.
        """
        names = ("rate", "served", "at", "done", "throttled")
        with aws_errors():
            try:
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=_key(_queue_key(location)),
                    UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in names)}",
                    ConditionExpression="#at = :before",
                    ExpressionAttributeNames={f"#{name}": name for name in names},
                    ExpressionAttributeValues={
                        ":before": _number(before.at),
                        **{f":{name}": _number(getattr(after, name)) for name in names},
                    },
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
        return after

    def _put_if(self, condition: str, item: Any, *, names: Sequence[str], values: Mapping[str, Any]) -> bool:
        """Put `item` if `condition` holds, and return whether it did. Raises the errors of `aws_errors`."""
        with aws_errors():
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={f"#{name}": name for name in names},
                    ExpressionAttributeValues=values,
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                return False
        return True

    def _read_ticket(self, item: Mapping[str, Any] | None) -> QueueTicket | None:
        if item is None or float(item["until"]["N"]) <= self._clock():
            return None
        if "number" not in item:
            return QueueTicket()
        number = int(item["number"]["N"])
        return QueueTicket(number) if number else QueueTicket(cooldown_until=float(item["until"]["N"]))


def _queue_key(location: str) -> str:
    return f"{key_prefixes.QUEUE}{location}"


def _ticket_key(location: str, subject: str) -> str:
    return f"{key_prefixes.QUEUE}{location}/{subject}"


def _key(principal: str) -> Any:
    return {"principal": {"S": principal}, "notebook": {"S": "-"}}


def _ticket(location: str, subject: str, number: int, until: float) -> Any:
    return {**_key(_ticket_key(location, subject)), "number": {"N": str(number)}, "until": {"N": str(int(until))}}


def _number(value: float) -> Any:
    return {"N": f"{value:.3f}"}


def _read_state(item: Mapping[str, Any]) -> QueueState:
    kinds: Any = {"last": int, "served": float, "at": float, "rate": float, "done": int, "throttled": int}
    return QueueState(**{name: kind(float(item[name]["N"])) for name, kind in kinds.items() if name in item})
