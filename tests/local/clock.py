"""A clock that tests can move."""

import time


class Clock:
    """The real time, and what a test put on top of it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead
