"""Stores launch queues in the grants table: one item for each queue, and one for each caller in it."""

import math
import secrets
from typing import Any

from gate.platform.deadline import RESPONSE_LIMIT
from gate.store import key_prefixes
from gate.store.table import Row, Table, primary_key
from gate.values.queue_state import INITIAL_RATE, QueuePlace, QueueState

PLACE_TTL = 6 * 3600
"""Seconds for which a number is valid: longer than any queue."""

COOLDOWN = 30
"""Cool-down after a launch, in seconds, in which a caller is assigned no new number."""

RESERVATION_TTL = RESPONSE_LIMIT + 3
"""Seconds after which a reservation expires. It outlives the request that made it, also where the clocks of two
instances differ slightly: no request is assigned a number after its reservation has expired."""


class QueueStore:
    """Assigns numbers, across all instances of the function. Every method raises the errors of `Table`."""

    def __init__(self, table: Table):
        self._table = table

    def read(self, location: str, subject: str) -> tuple[QueueState, QueuePlace | None]:
        """Return the queue at `location`, and the place of `subject`, if there is one."""
        queue, place = _queue_name(location), _place_name(location, subject)
        found = {row["principal"]["S"]: row for row in self._table.query([queue, place])}
        return _read_state(found.get(queue, {})), self._read_place(found.get(place))

    def reserve(self, location: str, subject: str) -> str | None:
        """Reserve a number for one request of `subject`.

        Returns the reservation that `enqueue` takes, or None if another request holds one. Of parallel requests only
        one succeeds: the row must not exist, or must have expired. A request that ends without a number leaves a
        reservation that expires after `RESERVATION_TTL` seconds.
        """
        now, reservation = self._table.now(), secrets.token_urlsafe(16)
        row = {
            **primary_key(_place_name(location, subject)),
            "reservation": {"S": reservation},
            "until": {"N": str(math.ceil(now + RESERVATION_TTL))},
        }
        # The row holds this very reservation if botocore retries after a lost response.
        condition = "attribute_not_exists(#principal) OR #until <= :now OR #reservation = :reservation"
        return reservation if self._table.put(row, condition, now=_number(now)) else None

    def enqueue(self, location: str, subject: str, reservation: str) -> tuple[QueueState, int] | None:
        """Assign the next number to `subject`, who holds `reservation`. Returns None if it has expired.

        After an error, the reservation stays until it expires.
        """
        now = self._table.now()
        row = self._table.update_and_get(
            primary_key(_queue_name(location)),
            "SET #rate = if_not_exists(#rate, :rate), #at = if_not_exists(#at, :now) ADD #last :one",
            rate=_number(INITIAL_RATE),
            now=_number(now),
            one={"N": "1"},
        )
        state = _read_state(row)
        place = {**_place_row(location, subject, state.last, now + PLACE_TTL), "reservation": {"S": reservation}}
        return (state, state.last) if self._table.put(place, "#reservation = :reservation") else None

    def start_cooldown(self, location: str, subject: str) -> None:
        """Replace the number of `subject`, who was admitted, by a cool-down."""
        self._table.put(_place_row(location, subject, 0, self._table.now() + COOLDOWN))

    def count(self, location: str, outcome: str) -> QueueState:
        """Count one `outcome` (`done` or `throttled`), and return the queue."""
        key = primary_key(_queue_name(location))
        return _read_state(self._table.update_and_get(key, f"ADD #{outcome} :one", one={"N": "1"}))

    def advance(self, location: str, before: QueueState, after: QueueState) -> QueueState:
        """Replace the queue's position and rate, unless another instance did so since `before` was read."""
        values = {name: _number(getattr(after, name)) for name in ("rate", "served", "at", "done", "throttled")}
        update = f"SET {', '.join(f'#{name} = :{name}' for name in values)}"
        key = primary_key(_queue_name(location))
        self._table.update(key, update, "#at = :before", before=_number(before.at), **values)
        return after

    def _read_place(self, item: Row | None) -> QueuePlace | None:
        if item is None or float(item["until"]["N"]) <= self._table.now():
            return None
        if "number" not in item:
            return QueuePlace()
        number = int(item["number"]["N"])
        return QueuePlace(number) if number else QueuePlace(cooldown_until=float(item["until"]["N"]))


def _queue_name(location: str) -> str:
    return f"{key_prefixes.QUEUE}{location}"


def _place_name(location: str, subject: str) -> str:
    return f"{key_prefixes.QUEUE}{location}/{subject}"


def _place_row(location: str, subject: str, number: int, until: float) -> Any:
    key = primary_key(_place_name(location, subject))
    return {**key, "number": {"N": str(number)}, "until": {"N": str(int(until))}}


def _number(value: float) -> Any:
    return {"N": f"{value:.3f}"}


def _read_state(item: Row) -> QueueState:
    kinds: Any = {"last": int, "served": float, "at": float, "rate": float, "done": int, "throttled": int}
    return QueueState(**{name: kind(float(item[name]["N"])) for name, kind in kinds.items() if name in item})
