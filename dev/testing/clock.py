"""Clocks that tests set."""

import time
from dataclasses import dataclass, field


class Clock:
    """The real time, moved forward by `ahead` seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass(eq=False)
class StoppedClock:
    """A clock that shows `now`, in epoch seconds, until it is set."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now
