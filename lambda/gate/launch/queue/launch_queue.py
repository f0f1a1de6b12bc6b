"""Queues callers while AWS throttles: first in, first out, one queue number for each caller.

The queue costs nothing until AWS throttles a call: no request reads it. After that, each caller gets a number and may
try again once the queue has advanced to it. AWS does not publish its limit, so the queue estimates its rate from what
AWS accepts.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gate.platform.clock import Clock
from gate.values.errors.upstream import InLineError, ThrottledError

if TYPE_CHECKING:
    from gate.store.queue_store import QueueStore
    from gate.values.queue_state import QueuePlace, QueueState

NUMBER_RETRY_AFTER = 2
"""Seconds after which a caller retries while another request of theirs is assigned a number."""

QUEUE_CHECK_PERIOD = 15
"""Seconds for which an instance reads the queue after it last saw one, or was throttled."""

RATE_INTERVAL = 3.0
"""Seconds after which the rate is estimated again."""


class LaunchQueue:
    """One queue for each account and region, because AWS applies its limits to these."""

    def __init__(self, store: "Callable[[], QueueStore]", *, clock: Clock):
        """`store`: returns the store. It is called when the first queue forms, so that other launches need none."""
        self._make_store = store
        self._clock = clock
        self._check_until: dict[str, float] = {}

    @contextmanager
    def turn(self, location: str, subject: str) -> Iterator[None]:
        """Run the block, which makes the calls of one launch, if `subject` need not wait.

        `location`: the account and region of the notebook.
        Raises `InLineError` for callers who must wait, also if AWS throttles the block, and the errors of `aws_errors`.
        """
        number = self._admitted(location, subject) if self._clock() < self._check_until.get(location, 0) else None
        try:
            yield
        except ThrottledError:
            if number is None:
                state, number = self._take_number(location, subject, *self._store.read(location, subject))
            else:
                state = self._count(location, "throttled")
            raise self._wait(location, state, number) from None
        if number is not None:
            self._store.start_cooldown(location, subject)
            self._count(location, "done")

    @property
    def _store(self) -> "QueueStore":
        return self._make_store()

    def _admitted(self, location: str, subject: str) -> int | None:
        """Return the number of a caller whose turn it is, or None if nobody waits. Raises `InLineError`."""
        state, place = self._store.read(location, subject)
        if place is None and state.last <= state.position_at(self._clock()):
            return None
        state, number = self._take_number(location, subject, state, place)
        if number > state.position_at(self._clock()):
            raise self._wait(location, state, number)
        return number

    def _take_number(
        self, location: str, subject: str, state: "QueueState", place: "QueuePlace | None"
    ) -> "tuple[QueueState, int]":
        """Return the queue and the caller's number. Assigns a number to a caller without one. Raises `InLineError`."""
        if place is None:
            reservation = self._store.reserve(location, subject)
            if reservation is not None:
                return self._enqueue(location, subject, state, reservation)
            state, place = self._store.read(location, subject)
        if place is None or (place.cooldown_until is None and not place.number):
            raise self._wait_for_number(location, state)
        if place.cooldown_until is not None:
            # This caller was admitted moments ago and returns while others wait. It is probably a script.
            self._check_until[location] = self._clock() + QUEUE_CHECK_PERIOD
            raise InLineError(0, place.cooldown_until - self._clock(), 0)
        return state, place.number

    def _enqueue(self, location: str, subject: str, state: "QueueState", reservation: str) -> "tuple[QueueState, int]":
        """Return the queue and the number assigned for `reservation`. Raises `InLineError`."""
        enqueued = self._store.enqueue(location, subject, reservation)
        if enqueued is None:
            raise self._wait_for_number(location, state)
        state, number = enqueued
        now = self._clock()
        if state.position_at(now) > number:
            # The queue was empty for a while. It restarts with this caller.
            state = self._store.advance(location, state, state.restarted(now))
        return state, number

    def _wait_for_number(self, location: str, state: "QueueState") -> InLineError:
        """Return the error for a caller whose number is being assigned by another request; the wait is an estimate."""
        error = self._wait(location, state, state.last + 1)
        error.retry_after = NUMBER_RETRY_AFTER
        return error

    def _wait(self, location: str, state: "QueueState", number: int) -> InLineError:
        now = self._clock()
        self._check_until[location] = now + QUEUE_CHECK_PERIOD
        ahead, seconds = state.before(number, now)
        return InLineError(ahead, seconds, state.waiting(now))

    def _count(self, location: str, outcome: str) -> "QueueState":
        """Count the outcome of an admitted call, and adjust the rate at intervals."""
        state, now = self._store.count(location, outcome), self._clock()
        if now - state.at < RATE_INTERVAL:
            return state
        return self._store.advance(location, state, state.with_adjusted_rate(now))
