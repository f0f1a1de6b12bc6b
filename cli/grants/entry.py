"""One grant as a file holds it, and as the table does."""

import datetime
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cli.principal import principal
from gate.errors.notebook import InvalidNotebookNameError
from gate.notebook import Notebook
from gate.store.grant_row import LATEST, LONGEST_SESSION, OPTIONAL, SHORTEST_SESSION, Power, View, read, until_of

Item = dict[str, dict[str, Any]]
"""A row in DynamoDB's own form."""

DAY = 86_400


def _notebook(text: str) -> str:
    try:
        return str(Notebook.parse(text))
    except InvalidNotebookNameError:
        raise ValueError(
            f"{text!r} is no notebook's name; write name, or account/region/name for one in another account or region"
        ) from None


def _until(value: Any) -> int:
    """Return epoch seconds; a day ends with its last second, in UTC."""
    match value:
        case str():
            try:
                return _until(datetime.date.fromisoformat(value) if len(value) == 10 else _moment(value))
            except ValueError:
                raise ValueError(f"{value!r} is no date; write 2026-12-31, or 2026-12-31T18:00:00Z") from None
        case datetime.datetime():
            zoned = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
            return int(zoned.timestamp())
        case datetime.date():
            midnight = datetime.datetime.combine(value, datetime.time(), datetime.UTC)
            # The last day that there is ends a second earlier: no date holds the moment after it.
            return min(int(midnight.timestamp()) + DAY, LATEST)
    raise ValueError(f"{value!r} is no date; write 2026-12-31, or 2026-12-31T18:00:00Z")


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


class Entry(BaseModel):
    """One principal may open one notebook, in this way."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    principal: Annotated[str, AfterValidator(principal)]
    notebook: Annotated[str, AfterValidator(_notebook)]
    session: Annotated[int, Field(ge=SHORTEST_SESSION, le=LONGEST_SESSION)] | None = None
    view: View | None = None
    power: Power | None = None
    until: Annotated[int, BeforeValidator(_until), Field(ge=0, le=LATEST)] | None = None
    """Epoch seconds."""
    default: bool | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What can be granted once."""
        return self.principal, self.notebook

    def item(self) -> Item:
        """Return the grant as the table's row."""
        return {name: _typed(value) for name, value in self.model_dump(exclude_none=True).items()}

    def plain(self) -> dict[str, Any]:
        """Return the grant as files and JSON write it."""
        return plain(self.item())


def problems_of(error: ValidationError) -> list[str]:
    """Say what is wrong with an entry, each with its attribute."""
    lines = []
    for detail in error.errors(include_url=False):
        place = str(detail["loc"][0])
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            message = f"{place} is nothing that a grant has; write {', '.join(Entry.model_fields)}"
        elif detail["type"] == "missing":
            message = f"{place} is missing"
        elif detail["type"] != "value_error":
            message = f"{place} = {detail['input']!r}: {message[0].lower()}{message[1:]}"
        lines.append(message)
    return lines


def ended(item: Mapping[str, Any], now: float) -> bool:
    """Tell whether a row has ended; DynamoDB removes those by itself, some time."""
    return has_passed(until_of(item), now)


def has_passed(until: int | None, now: float) -> bool:
    """Return whether `until` (epoch seconds; None for a grant without an end) has passed."""
    return until is not None and until <= now


def holds(item: Mapping[str, Any] | None, entry: Entry) -> bool:
    """Tell whether a row says what `entry` does. DynamoDB may write one number in several ways."""
    if item == entry.item():
        return True  # as `gate` writes it; a hundred thousand rows are seldom anything else
    if item is None or item.keys() - Entry.model_fields.keys():
        return False
    row = read(item)
    if row.unreadable or row.ignored:
        return False
    values = {name: getattr(row, name) for name in OPTIONAL if name in item}
    key = {"principal": item["principal"]["S"], "notebook": item["notebook"]["S"]}
    return {**key, **values} == entry.model_dump(exclude_none=True)


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's attributes as files and JSON write them, in one order. Whatever they hold, they can be shown."""
    values: dict[str, Any] = {}
    for name in (*Entry.model_fields, *sorted(item.keys() - Entry.model_fields.keys())):
        if name in item:
            values[name] = _shown(item[name])
    until = until_of(item)
    if until is not None:
        values["until"] = day_of(until)
    return values


def _shown(value: Mapping[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    match kind:
        case "S" | "BOOL":
            return inner
        case "N" if inner.lstrip("-").isdecimal():
            return int(inner)
        case "NULL":
            return None
    return str(inner)


def day_of(until: int) -> str:
    """Write `until` (epoch seconds) as a date where it is a day's end, else as a moment."""
    moment = datetime.datetime.fromtimestamp(until, datetime.UTC)
    if until % DAY == 0:
        return (moment - datetime.timedelta(days=1)).date().isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _typed(value: str | int | bool) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}
