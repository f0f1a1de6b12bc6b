"""Lengths and ends of access in words."""

from datetime import UTC, datetime

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))

UNKNOWN_TIME = "an unknown time"
"""What `date_time` returns for a time that Python cannot represent."""


def in_words(seconds: int) -> str:
    """Return a length of at least a second in the largest units, such as `8 hours` or `1 hour 30 minutes`."""
    words = []
    for size, unit in _UNITS:
        number, seconds = divmod(seconds, size)
        if number:
            words.append(f"{number} {unit}" if number == 1 else f"{number} {unit}s")
    return " ".join(words)


def date_time(seconds: float) -> str:
    """Return epoch seconds as a date and time. Does not raise if Python cannot represent the date."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return UNKNOWN_TIME
