"""The state of a launch queue, and of one caller in it."""

import math
from dataclasses import dataclass, replace

INITIAL_RATE, MIN_RATE = 5.0, 0.2
"""Callers a second: before AWS has throttled or accepted enough calls for an estimate, and the lower bound."""


@dataclass(frozen=True)
class QueueState:
    """A queue as it was read."""

    last: int = 0
    """The last number that was assigned."""
    served: float = 0.0
    """The number that the queue had reached at `at`."""
    at: float = 0.0
    """Epoch seconds."""
    rate: float = INITIAL_RATE
    """Numbers a second since `at`."""
    done: int = 0
    """Admitted calls since `at` that succeeded."""
    throttled: int = 0
    """Admitted calls since `at` that AWS throttled."""

    def position_at(self, now: float) -> float:
        """Return the number that the queue has reached at `now` (epoch seconds)."""
        return self.served + max(0.0, now - self.at) * self.rate

    def before(self, number: int, now: float) -> tuple[int, float]:
        """Return how many callers are ahead of `number`, and the seconds until its turn."""
        missing = max(0.0, number - self.position_at(now))
        return max(0, math.ceil(missing) - 1), missing / self.rate

    def waiting(self, now: float) -> int:
        """Return how many callers wait."""
        return max(0, int(self.last - self.position_at(now)))

    def restarted(self, now: float) -> "QueueState":
        """Return this queue with its last number next."""
        return replace(self, served=self.last - 1.0, at=now, done=0, throttled=0)

    def with_adjusted_rate(self, now: float) -> "QueueState":
        """Return this queue from `now` on, with the rate that the calls since `at` suggest."""
        seconds = now - self.at
        if not self.throttled:
            # Increase only while callers use the rate: callers who closed the page do not come, and prove nothing.
            rate = self.rate * (1.25 if self.done > seconds * self.rate / 2 else 1)
        else:
            # AWS accepts what succeeded. Aim slightly above it, to use all of the capacity, or slightly below it if
            # most calls were throttled.
            rate = max(self.done / seconds * (1.1 if self.throttled < self.done else 0.9), self.rate / 2)
        served = min(self.position_at(now), self.last)
        return replace(self, served=served, at=now, rate=max(rate, MIN_RATE), done=0, throttled=0)


@dataclass(frozen=True)
class QueuePlace:
    """A caller's number, or the reason why the caller has none."""

    number: int = 0
    """0 while another request of the caller is assigned a number, and during a cool-down."""
    cooldown_until: float | None = None
    """Epoch seconds; None outside of a cool-down."""
