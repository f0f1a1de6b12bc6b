"""What a row of the grants table may hold: one rule for the function and for `gate`.

Operators may write rows with the AWS command line, so a row can hold anything. A row whose notebook, `session` or
`until` cannot be read grants nothing: a grant with an end must never become one without. A `view`, `power` or
`default` that cannot be read gives the least that the attribute can give, and the row still counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args

from gate.errors.notebook import InvalidNotebookNameError
from gate.notebook import Notebook

View = Literal["lab", "classic"]
Power = Literal["none", "start", "start-stop", "auto-start"]
"""From the least to the most: each includes what stands before it."""

MIN_SESSION = 1_800
MAX_SESSION = 43_200
"""Seconds; the least and the most that CreatePresignedNotebookInstanceUrl takes (its API reference)."""

LATEST = 253_402_300_799
"""The last second of the year 9999, in epoch seconds: the last moment that Python's dates can hold. A time in
milliseconds, the usual slip, lies far above it."""

OPTIONAL = ("session", "view", "power", "until", "default")
"""The attributes that a grant may lack."""


@dataclass(frozen=True)
class GrantRow:
    """A row of the grants table, as far as it can be read."""

    notebook: Notebook | None
    session: int | None
    """Seconds, 1 to 43200; None where the row names none."""
    view: View | None
    power: Power | None
    until: int | None
    """Epoch seconds."""
    default: bool
    unreadable: tuple[str, ...]
    """Attributes that cannot be read. With any of them, the row grants nothing."""
    ignored: tuple[str, ...]
    """Attributes that cannot be read, and that count as left out."""


def read(item: Mapping[str, Any]) -> GrantRow:
    """Read `item`, a row in DynamoDB's own form. Never raises for what a row of the table can hold."""
    notebook = _notebook(item)
    session, until = _whole(item.get("session"), 1, MAX_SESSION), until_of(item)
    view: View | None = _word(item.get("view"), View)
    power: Power | None = _word(item.get("power"), Power)
    default = item.get("default", {}).get("BOOL")
    needed = {"notebook": notebook, "session": session, "until": until}
    lenient = {"view": view, "power": power, "default": default}
    return GrantRow(
        notebook=notebook,
        session=session,
        view=view,
        power=power,
        until=until,
        default=default is True,
        unreadable=tuple(name for name, value in needed.items() if name in item and value is None),
        ignored=tuple(name for name, value in lenient.items() if name in item and value is None),
    )


def until_of(item: Mapping[str, Any]) -> int | None:
    """Return when `item` ends (epoch seconds), or None where it names no end that can be read."""
    return _whole(item.get("until"), 0, LATEST)


def _notebook(item: Mapping[str, Any]) -> Notebook | None:
    try:
        return Notebook.parse(item["notebook"]["S"])
    except InvalidNotebookNameError:
        return None


def _whole(value: Mapping[str, Any] | None, least: int, most: int) -> int | None:
    """Return a whole number from `least` to `most`. DynamoDB may write 3600 as `3.6E3` (API reference, "Number")."""
    if value is None or "N" not in value:
        return None
    try:
        number = Decimal(value["N"])
    except InvalidOperation:
        return None
    # The bounds first: an int of a number such as 9E+125 would be long.
    if not (number.is_finite() and least <= number <= most) or number != number.to_integral_value():
        return None
    return int(number)


def _word(value: Mapping[str, Any] | None, words: Any) -> Any:
    word = (value or {}).get("S")
    return word if word in get_args(words) else None
