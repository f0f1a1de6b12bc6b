"""The line that forms when more people come than AWS lets in: first come, first served, and one place a caller.

On quiet days it costs nothing: nobody looks at it until AWS has throttled. Then everybody takes a number, and may try
when the line has come to it. It moves at a rate that it finds out by itself, since AWS tells none.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from gate.errors import InLineError, ThrottledError
from gate.signing import Clock

if TYPE_CHECKING:
    from gate.store.queue_store import Queue, QueueStore, QueueTicket

T = TypeVar("T")

SOON = 2
"""Seconds after which a caller looks again while another request of theirs draws their number."""

CROWDED = 15
"""Seconds for which an instance asks for the line after it last saw one, or was throttled."""

EVERY = 3.0
"""Seconds after which the rate is looked at again."""


class LaunchQueue:
    """One line for each account and region, which is what AWS's limits are for."""

    def __init__(self, queue_store: "Callable[[], QueueStore]", *, clock: Clock = time.time):
        """`queue_store`: gives them when the first line forms; who opens a notebook on a quiet day needs none."""
        self._given = queue_store
        self._clock = clock
        self._crowded: dict[str, float] = {}

    def admit(self, place: str, who: str, call: Callable[[], T]) -> T:
        """Return what `call` returns; `who` waits for their turn at `place` where there is a line.

        Raises `InLineError` for whoever has to wait, what `call` raises, and what `aws_errors` raises.
        """
        number = self._stand(place, who) if self._clock() < self._crowded.get(place, 0) else None
        try:
            result = call()
        except ThrottledError:
            if number is None:
                queue, number = self._number(place, who, *self._store.read(place, who))
            else:
                queue = self._count(place, "throttled")
            raise self._wait(place, queue, number) from None
        if number is not None:
            self._store.start_cooldown(place, who)
            self._count(place, "done")
        return result

    @property
    def _store(self) -> "QueueStore":
        return self._given()

    def _stand(self, place: str, who: str) -> int | None:
        """Return the caller's number, whose turn it is; None where nobody waits. Raises `InLineError`."""
        queue, turn = self._store.read(place, who)
        if turn is None and queue.last <= queue.position_at(self._clock()):
            return None
        queue, number = self._number(place, who, queue, turn)
        if number > queue.position_at(self._clock()):
            raise self._wait(place, queue, number)
        return number

    def _number(self, place: str, who: str, queue: "Queue", turn: "QueueTicket | None") -> "tuple[Queue, int]":
        """Return the line and the caller's number, a new one where they have none. Raises `InLineError`."""
        if turn is None:
            reservation = self._store.reserve(place, who)
            if reservation is not None:
                return self._take(place, who, queue, reservation)
            queue, turn = self._store.read(place, who)
        if turn is None or (turn.cooldown_until is None and not turn.number):
            raise self._wait_for_number(place, queue)
        if turn.cooldown_until is not None:
            # Who has just gone in, and comes again while others wait: a script, as like as not.
            self._crowded[place] = self._clock() + CROWDED
            raise InLineError(0, turn.cooldown_until - self._clock(), 0)
        return queue, turn.number

    def _take(self, place: str, who: str, queue: "Queue", reservation: str) -> "tuple[Queue, int]":
        """Return the line and the number that was reserved. Raises `InLineError`."""
        taken = self._store.enqueue(place, who, reservation)
        if taken is None:
            raise self._wait_for_number(place, queue)
        queue, number = taken
        now = self._clock()
        if queue.position_at(now) > number:
            # Nobody stood in line for a while: it begins anew with whoever comes first now.
            queue = self._store.advance(place, queue, queue.restarted(now))
        return queue, number

    def _wait_for_number(self, place: str, queue: "Queue") -> InLineError:
        """Tell a caller whose number another request of theirs draws about where it will be."""
        error = self._wait(place, queue, queue.last + 1)
        error.retry_after = SOON
        return error

    def _wait(self, place: str, queue: "Queue", number: int) -> InLineError:
        now = self._clock()
        self._crowded[place] = now + CROWDED
        ahead, seconds = queue.before(number, now)
        return InLineError(ahead, seconds, queue.waiting(now))

    def _count(self, place: str, what: str) -> "Queue":
        """Count what came of a try of somebody whose turn it was, and have the line keep pace with it."""
        queue, now = self._store.count(place, what), self._clock()
        return queue if now - queue.at < EVERY else self._store.advance(place, queue, queue.with_adjusted_rate(now))
