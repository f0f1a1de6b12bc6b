"""A row of the grants table, converted from and to plain values."""

import re
from collections.abc import Mapping
from typing import Any

from cli.grant_schema.until import format_until, has_passed
from gate.store.grant_row import OPTIONAL, read, until_of
from gate.values.notebook import USER, Notebook

Item = dict[str, dict[str, Any]]
"""A row in DynamoDB's own form, such as `{"principal": {"S": "user:alice@example.com"}}`."""

GrantKey = tuple[str, str]
"""Principal and notebook, which together identify a grant."""

ATTRIBUTES = ("principal", "notebook", *OPTIONAL)
"""The attributes of a grant, in the order in which files and JSON write them."""


def dynamodb_value(value: str | int | bool) -> dict[str, Any]:
    """Return `value` in DynamoDB's own form."""
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def has_ended(item: Mapping[str, Any], now: float) -> bool:
    """Return whether a row has ended at `now` (epoch seconds). DynamoDB removes ended rows within days."""
    return has_passed(until_of(item), now)


def is_for(item: Mapping[str, Any], notebook: Notebook, home: str) -> bool:
    """Return whether a row is for `notebook`, in whatever spelling. `home`: the deployment's own location."""
    found = read(item).notebook
    return found is not None and found.relative_to(home) == notebook.relative_to(home)


def may_be_for(item: Mapping[str, Any], notebook: Notebook, home: str) -> bool:
    """Return whether a row is for `notebook`, or becomes it for a person whose name `{user}` stands for."""
    found = read(item).notebook
    if found is None or not found.is_for_users:
        return is_for(item, notebook, home)
    first, *others = re.escape(str(found.relative_to(home))).split(re.escape(USER))
    pattern = f"{first}([a-z0-9-]+)" + r"\1".join(others)
    return re.fullmatch(pattern, str(notebook.relative_to(home))) is not None


def is_requested(item: Mapping[str, Any]) -> bool:
    """Return whether an access request led to a row."""
    return bool(read(item).request_id)


def plain_values(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's attributes as files and JSON write them. Accepts every value that a row can hold."""
    values: dict[str, Any] = {}
    for name in (*ATTRIBUTES, *sorted(item.keys() - set(ATTRIBUTES))):
        if name in item:
            values[name] = _plain_value(item[name])
    until = until_of(item)
    if until is not None:
        values["until"] = format_until(until)
    return values


def _plain_value(value: Mapping[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    match kind:
        case "S" | "BOOL":
            return inner
        case "N" if inner.lstrip("-").isdecimal():
            return int(inner)
        case "NULL":
            return None
    return str(inner)
