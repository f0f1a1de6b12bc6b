"""Lengths of access as operators type them."""

import re

from cli.errors import CommandError
from gate.web.durations import in_words

_UNITS = {"m": 60, "h": 3_600, "d": 86_400}


def parse_length(text: str, allowed: list[int]) -> int:
    """Return the length `text`, such as `90m`, `8h` or `2d`, in seconds.

    `allowed`: the lengths that the settings offer. Raises `CommandError` for any other.
    """
    match = re.fullmatch(r"(\d{1,6})([mhd])", text, re.ASCII)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if seconds not in allowed:
        offered = ", ".join(in_words(each) for each in allowed)
        raise CommandError(
            f"--for {text} is not one of the lengths in requests.choices: {offered} (write 90m, 8h or 2d)"
        )
    return seconds
