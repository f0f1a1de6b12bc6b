"""The line's numbers, as the table keeps them: one item a line, and one for each caller who has a number."""

import math
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gate.aws.errors import aws_errors, code_of
from gate.deadline import ANSWER_WITHIN
from gate.signing import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "line:"
"""Begins the partition key; no principal does, so that no grant can be written this way (see infra/grants_table.py)."""

FIRST_RATE, SLOWEST = 5.0, 0.2
"""People a second: until it is known better, and whatever happens."""

KEPT = 6 * 3600
"""Seconds for which a number is good: longer than any line."""

REST = 30
"""Seconds for which who has gone in takes no new number."""

RESERVED = ANSWER_WITHIN + 3
"""Seconds after which a reservation counts for nothing. It outlives the request that made it, also where the clocks of
two instances differ by a little: no request draws a number after its reservation has ended."""


@dataclass(frozen=True)
class Queue:
    """A line as it was read."""

    last: int = 0
    """The last number that was given out."""
    served: float = 0.0
    """The number that it had come to at `at`."""
    at: float = 0.0
    """Epoch seconds."""
    rate: float = FIRST_RATE
    """Numbers a second since then."""
    done: int = 0
    """Of those whose turn it was: who has gone in since then."""
    throttled: int = 0
    """And tries that AWS turned away."""

    def position_at(self, now: float) -> float:
        """Return the number that it has come to."""
        return self.served + max(0.0, now - self.at) * self.rate

    def before(self, number: int, now: float) -> tuple[int, float]:
        """Return how many are before `number`, and in how many seconds its turn is."""
        missing = max(0.0, number - self.position_at(now))
        return max(0, math.ceil(missing) - 1), missing / self.rate

    def waiting(self, now: float) -> int:
        """Return how many wait for their turn."""
        return max(0, int(self.last - self.position_at(now)))

    def restarted(self, now: float) -> "Queue":
        """Return it with its last number next."""
        return replace(self, served=self.last - 1.0, at=now, done=0, throttled=0)

    def with_adjusted_rate(self, now: float) -> "Queue":
        """Return it from `now` on, with the rate that the tries since `at` suggest."""
        seconds = now - self.at
        if not self.throttled:
            # Faster, as long as people keep up: those who closed the page do not come, and AWS said no to nobody.
            rate = self.rate * (1.25 if self.done > seconds * self.rate / 2 else 1)
        else:
            # What got through is what AWS gives. A little more than that, so that nothing of it is left lying; a
            # little less where the greater part is turned away.
            rate = max(self.done / seconds * (1.1 if self.throttled < self.done else 0.9), self.rate / 2)
        served = min(self.position_at(now), self.last)
        return replace(self, served=served, at=now, rate=max(rate, SLOWEST), done=0, throttled=0)


@dataclass(frozen=True)
class QueueTicket:
    """A caller's number, or why they have none."""

    number: int = 0
    """0: another request of this caller is about to draw one, or they rest."""
    cooldown_until: float | None = None
    """Epoch seconds; None unless they rest."""


class QueueStore:
    """Gives out numbers, across all instances of the function."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, clock: Clock = time.time):
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock

    def read(self, place: str, who: str) -> tuple[Queue, QueueTicket | None]:
        """Return the line at `place`, and the turn of `who`, if they have one. Raises what `aws_errors` raises."""
        line, turn = _line(place), _turn(place, who)
        with aws_errors():
            answer = self._dynamodb.execute_statement(
                Statement=f'SELECT * FROM "{self._table}" WHERE "principal" IN [?,?]',  # noqa: S608
                Parameters=[{"S": line}, {"S": turn}],
                ConsistentRead=True,
            )
            found = {item["principal"]["S"]: item for item in answer["Items"]}
        return _queue(found.get(line, {})), self._read_turn(found.get(turn))

    def reserve(self, place: str, who: str) -> str | None:
        """Reserve a number for one request of `who`; return what `enqueue` needs, or None where another request has.

        Of parallel requests, one alone succeeds: the item must not be there, or must have ended. A request that ends
        without a number leaves a reservation that ends after `RESERVED` seconds. Raises what `aws_errors` raises.
        """
        now, by = self._clock(), secrets.token_urlsafe(16)
        written = self._write_if(
            # `by` is there already where botocore tries again, since the answer to the first try was lost.
            "attribute_not_exists(#principal) OR #until <= :now OR #by = :by",
            {**_key(_turn(place, who)), "by": {"S": by}, "until": {"N": str(math.ceil(now + RESERVED))}},
            names=("principal", "until", "by"),
            values={":now": _number(now), ":by": {"S": by}},
        )
        return by if written else None

    def enqueue(self, place: str, who: str, reservation: str) -> tuple[Queue, int] | None:
        """Give `who` the next number, for which `reservation` stands; None where the reservation has ended meanwhile.

        Raises what `aws_errors` raises; the reservation then stands until it ends.
        """
        now = self._clock()
        with aws_errors():
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(_line(place)),
                UpdateExpression="SET #rate = if_not_exists(#rate, :rate), #at = if_not_exists(#at, :now) "
                "ADD #last :one",
                ExpressionAttributeNames={"#rate": "rate", "#at": "at", "#last": "last"},
                ExpressionAttributeValues={":rate": _number(FIRST_RATE), ":now": _number(now), ":one": {"N": "1"}},
                ReturnValues="ALL_NEW",
            )
            queue = _queue(answer["Attributes"])
        item = {**_item(place, who, queue.last, now + KEPT), "by": {"S": reservation}}
        written = self._write_if("#by = :by", item, names=("by",), values={":by": {"S": reservation}})
        return (queue, queue.last) if written else None

    def start_cooldown(self, place: str, who: str) -> None:
        """Take the number of `who` away, who went in. Raises what `aws_errors` raises."""
        with aws_errors():
            self._dynamodb.put_item(TableName=self._table, Item=_item(place, who, 0, self._clock() + REST))

    def count(self, place: str, what: str) -> Queue:
        """Count one more `what` (`done` or `throttled`), and return the line. Raises what `aws_errors` raises."""
        with aws_errors():
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(_line(place)),
                UpdateExpression="ADD #what :one",
                ExpressionAttributeNames={"#what": what},
                ExpressionAttributeValues={":one": {"N": "1"}},
                ReturnValues="ALL_NEW",
            )
            return _queue(answer["Attributes"])

    def advance(self, place: str, before: Queue, after: Queue) -> Queue:
        """Write how far the line has come, unless somebody else just did. Raises what `aws_errors` raises."""
        names = ("rate", "served", "at", "done", "throttled")
        with aws_errors():
            try:
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=_key(_line(place)),
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

    def _write_if(self, condition: str, item: Any, *, names: Sequence[str], values: Mapping[str, Any]) -> bool:
        """Write `item` where `condition` holds, and return whether it did. Raises what `aws_errors` raises."""
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

    def _read_turn(self, item: Mapping[str, Any] | None) -> QueueTicket | None:
        if item is None or float(item["until"]["N"]) <= self._clock():
            return None
        if "number" not in item:
            return QueueTicket()
        number = int(item["number"]["N"])
        return QueueTicket(number) if number else QueueTicket(cooldown_until=float(item["until"]["N"]))


def _line(place: str) -> str:
    return f"{PREFIX}{place}"


def _turn(place: str, who: str) -> str:
    return f"{PREFIX}{place}/{who}"


def _key(principal: str) -> Any:
    return {"principal": {"S": principal}, "notebook": {"S": "-"}}


def _item(place: str, who: str, number: int, until: float) -> Any:
    return {**_key(_turn(place, who)), "number": {"N": str(number)}, "until": {"N": str(int(until))}}


def _number(value: float) -> Any:
    return {"N": f"{value:.3f}"}


def _queue(item: Mapping[str, Any]) -> Queue:
    kinds: Any = {"last": int, "served": float, "at": float, "rate": float, "done": int, "throttled": int}
    return Queue(**{name: kind(float(item[name]["N"])) for name, kind in kinds.items() if name in item})
