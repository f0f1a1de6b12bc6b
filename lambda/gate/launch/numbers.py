"""The line's numbers, as the table keeps them: one item a line, and one for each caller who has a number."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gate.aws import aws_errors, code_of
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

    def come_to(self, now: float) -> float:
        """Return the number that it has come to."""
        return self.served + max(0.0, now - self.at) * self.rate

    def before(self, number: int, now: float) -> tuple[int, float]:
        """Return how many are before `number`, and in how many seconds its turn is."""
        missing = max(0.0, number - self.come_to(now))
        return max(0, math.ceil(missing) - 1), missing / self.rate

    def waiting(self, now: float) -> int:
        """Return how many wait for their turn."""
        return max(0, int(self.last - self.come_to(now)))

    def begun_anew(self, now: float) -> "Queue":
        """Return it with its last number next."""
        return replace(self, served=self.last - 1.0, at=now, done=0, throttled=0)

    def paced(self, now: float) -> "Queue":
        """Return it from `now` on, with the rate that the tries since `at` suggest."""
        seconds = now - self.at
        if not self.throttled:
            # Faster, as long as people keep up: those who closed the page do not come, and AWS said no to nobody.
            rate = self.rate * (1.25 if self.done > seconds * self.rate / 2 else 1)
        else:
            # What got through is what AWS gives. A little more than that, so that nothing of it is left lying; a
            # little less where the greater part is turned away.
            rate = max(self.done / seconds * (1.1 if self.throttled < self.done else 0.9), self.rate / 2)
        served = min(self.come_to(now), self.last)
        return replace(self, served=served, at=now, rate=max(rate, SLOWEST), done=0, throttled=0)


@dataclass(frozen=True)
class Turn:
    """A caller's number, or how long they have to rest before they take another."""

    number: int
    rests_until: float | None = None


class Numbers:
    """Gives out numbers, across all instances of the function."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, clock: Clock = time.time):
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock

    def look(self, place: str, who: str) -> tuple[Queue, Turn | None]:
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

    def take(self, place: str, who: str) -> tuple[Queue, int]:
        """Give `who` the next number. Raises what `aws_errors` raises."""
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
        self._write_turn(place, who, queue.last, now + KEPT)
        return queue, queue.last

    def rest(self, place: str, who: str) -> None:
        """Take the number of `who` away, who went in. Raises what `aws_errors` raises."""
        self._write_turn(place, who, 0, self._clock() + REST)

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

    def move(self, place: str, before: Queue, after: Queue) -> Queue:
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

    def _write_turn(self, place: str, who: str, number: int, until: float) -> None:
        item = {**_key(_turn(place, who)), "number": {"N": str(number)}, "until": {"N": str(int(until))}}
        with aws_errors():
            self._dynamodb.put_item(TableName=self._table, Item=item)

    def _read_turn(self, item: Mapping[str, Any] | None) -> Turn | None:
        if item is None or float(item["until"]["N"]) <= self._clock():
            return None
        number = int(item["number"]["N"])
        return Turn(number) if number else Turn(0, float(item["until"]["N"]))


def _line(place: str) -> str:
    return f"{PREFIX}{place}"


def _turn(place: str, who: str) -> str:
    return f"{PREFIX}{place}/{who}"


def _key(principal: str) -> Any:
    return {"principal": {"S": principal}, "notebook": {"S": "-"}}


def _number(value: float) -> Any:
    return {"N": f"{value:.3f}"}


def _queue(item: Mapping[str, Any]) -> Queue:
    kinds: Any = {"last": int, "served": float, "at": float, "rate": float, "done": int, "throttled": int}
    return Queue(**{name: kind(float(item[name]["N"])) for name, kind in kinds.items() if name in item})
