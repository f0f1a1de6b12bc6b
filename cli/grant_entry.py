"""One grant as a file holds it, and as the table does."""

import datetime
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cli.principal import principal
from gate.errors import InvalidNotebookNameError
from gate.grants import SHORTEST_SESSION, Power, View
from gate.notebook import Notebook

Item = dict[str, dict[str, Any]]
"""A row in DynamoDB's own form."""

LONGEST_SESSION = 43_200
DAY = 86_400


def _notebook(text: str) -> str:
    try:
        return str(Notebook.parse(text))
    except InvalidNotebookNameError:
        raise ValueError(
            f"{text!r} is no notebook's name; write name, or account/region/name for one elsewhere"
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
            return int(midnight.timestamp()) + DAY
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
    until: Annotated[int, BeforeValidator(_until)] | None = None
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
    return "until" in item and int(item["until"]["N"]) <= now


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's attributes as files and JSON write them, in one order."""
    values: dict[str, Any] = {}
    for name in (*Entry.model_fields, *sorted(item.keys() - Entry.model_fields.keys())):
        if name in item:
            ((kind, value),) = item[name].items()
            values[name] = int(value) if kind == "N" else value
    if "until" in values:
        values["until"] = day_of(values["until"])
    return values


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
