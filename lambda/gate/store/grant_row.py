"""Parses rows of the grants table. The function and the `gate` command use the same rules.

Operators may write rows with the AWS command line, so a row can contain anything. A row with an invalid notebook,
`session` or `until` grants nothing, because a grant that ends must never become one that does not. An invalid `view`,
`power`, `title`, `default` or `owner` gives the least that the attribute can give, and the rest of the row is valid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.grant import Power
from gate.values.notebook import Notebook, View

MIN_SESSION = 1_800
MAX_SESSION = 43_200
"""Seconds. The limits of CreatePresignedNotebookInstanceUrl and CreatePresignedDomainUrl (API reference)."""

MAX_TITLE_LENGTH = 60

MAX_EPOCH_SECONDS = 253_402_300_799
"""The last second of the year 9999, which is the last time that Python's dates can represent.

A time in milliseconds, which is the usual mistake, is far later.
"""

OPTIONAL = ("session", "view", "power", "until", "title", "default", "owner")
"""The optional attributes of a grant."""

PROVENANCE = ("request_id", "granted_by", "reason")
"""The attributes of a grant that an access request led to. Operators do not write them."""

REQUESTED = ("principal", "notebook", "power", "until", *PROVENANCE)
"""All attributes of a grant that an access request led to."""


@dataclass(frozen=True)
class GrantRow:
    """The valid attributes of a row. Optional attributes that are absent or invalid are None."""

    notebook: Notebook | None
    """May contain `{user}` (`Notebook.of_user`)."""
    session: int | None
    """Seconds, 1 to 43200."""
    view: View | None
    power: Power | None
    until: int | None
    """Epoch seconds."""
    title: str | None
    default: bool
    owner: bool
    request_id: str
    """The id of the access request that led to the grant; empty for the grants of operators."""
    unreadable: tuple[str, ...]
    """The names of invalid attributes because of which the row grants nothing."""
    ignored: tuple[str, ...]
    """The names of invalid attributes that count as absent."""


def read(item: Mapping[str, Any]) -> GrantRow:
    """Parse `item`, a row in the format of DynamoDB's API. Does not raise, whatever the attributes contain."""
    notebook = _notebook(item)
    session, until = _whole_number(item.get("session"), 1, MAX_SESSION), until_of(item)
    view: View | None = _choice(item.get("view"), notebook.views if notebook else ())
    power: Power | None = _choice(item.get("power"), get_args(Power))
    written_title = item.get("title", {}).get("S", "")
    title = written_title if is_title(written_title) else None
    default, owner = (item.get(name, {}).get("BOOL") for name in ("default", "owner"))
    strict = {"notebook": notebook, "session": session, "until": until}
    lenient = {"view": view, "power": power, "title": title, "default": default, "owner": owner}
    return GrantRow(
        notebook=notebook,
        session=session,
        view=view,
        power=power,
        until=until,
        title=title,
        default=default is True,
        owner=owner is True,
        request_id=str(item.get("request_id", {}).get("S", "")),
        unreadable=tuple(name for name, value in strict.items() if name in item and value is None),
        ignored=tuple(name for name, value in lenient.items() if name in item and value is None),
    )


def until_of(item: Mapping[str, Any]) -> int | None:
    """Return the end of the grant in epoch seconds, or None if the attribute is absent or invalid."""
    return _whole_number(item.get("until"), 0, MAX_EPOCH_SECONDS)


def is_title(text: str) -> bool:
    """Return whether `text` can be the title of a grant: a line of printed characters, without spaces at its ends."""
    return 0 < len(text) <= MAX_TITLE_LENGTH and text.isprintable() and text == text.strip()


def _notebook(item: Mapping[str, Any]) -> Notebook | None:
    try:
        return Notebook.parse_granted(item["notebook"]["S"])
    except InvalidNotebookNameError:
        return None


def _whole_number(value: Mapping[str, Any] | None, minimum: int, maximum: int) -> int | None:
    """Return a whole number in the range, or None. DynamoDB may write 3600 as `3.6E3` (API reference, "Number")."""
    if value is None or "N" not in value:
        return None
    try:
        number = Decimal(value["N"])
    except InvalidOperation:
        return None
    # The range is checked first, because `int` of a number such as 9E+125 is very long.
    if not (number.is_finite() and minimum <= number <= maximum) or number != number.to_integral_value():
        return None
    return int(number)


def _choice(value: Mapping[str, Any] | None, options: Any) -> Any:
    text = (value or {}).get("S")
    return text if text in options else None
