"""A clock that tests can move."""

import time


class Clock:
    """The real time, moved forward by `ahead` seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead
