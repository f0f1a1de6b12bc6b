"""Lengths and ends of access in words."""

from datetime import UTC, datetime

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def in_words(seconds: int) -> str:
    """Return a length of at least a minute in the largest unit that divides it, such as `8 hours`."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds % size == 0), _UNITS[-1])
    number = seconds // size
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def date_time(seconds: float) -> str:
    """Return epoch seconds as a date and time. Does not raise if Python cannot represent the date."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown time"
