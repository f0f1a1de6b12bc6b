"""The type of clocks. Everything that needs the time takes one, so that tests can set it."""

from collections.abc import Callable

Clock = Callable[[], float]
"""Returns the time in epoch seconds."""
