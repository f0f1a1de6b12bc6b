"""Reads a person's groups from a claim.

OpenID Connect has no standard for groups. Most providers send a list of names. Others send one name if there is only
one group, a list in a string (Cognito forwards a SAML attribute as `[a, b]` or as JSON), or objects.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from gate.values.caller import normal_group

MAX_GROUPS = 10_000
"""Maximum number of groups that are read. Each is matched against each pattern, so more would take seconds."""

_TYPES = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


def json_type(value: object) -> str:
    """Return the name of the JSON type of `value` (RFC 8259 §3)."""
    return _TYPES.get(type(value), "null")


def find_claim(claims: Mapping[str, Any], path: str) -> Any:
    """Return the claim with the name `path`, or the nested claim at the dotted path `path`, or None.

    Keycloak sends the nested claim `realm_access.roles`. Auth0 sends claims whose names have dots, such as URLs.
    """
    if claims.get(path) is not None:
        return claims[path]
    value: Any = claims
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def read_groups(value: object, patterns: Sequence[str]) -> tuple[str, ...] | None:
    """Return the groups in `value` that match `patterns`, sorted. Returns None if `value` cannot be read.

    `patterns`: the deployment's shell-style patterns.
    """
    names = _names(value)
    if names is None:
        return None
    groups = {group for name in names[:MAX_GROUPS] if (group := normal_group(name)) is not None}
    return tuple(sorted(group for group in groups if is_relevant(group, patterns)))


def is_relevant(group: str, patterns: Sequence[str]) -> bool:
    """Return whether `group` matches one of `patterns`, so that a grant to it can apply."""
    return any(fnmatchcase(group, pattern) for pattern in patterns)


def _names(value: object) -> list[str] | None:
    match value:
        case str():
            return _names_in_string(value)
        case dict():
            return list(_entry_names([value])) or None
        case list():
            # Unreadable entries are ignored, unless all of them are: then the value is not a list of groups.
            names = list(_entry_names(value))
            return names if names or not value else None
    return None


def _names_in_string(text: str) -> list[str] | None:
    """Return the one name in `text`, or the names of a list that was written as a string.

    A group whose name is in brackets cannot be distinguished from such a list, nor can a comma in the name of a group
    in it. If people can name groups themselves, the provider must send a real list.
    """
    if not (text.startswith("[") and text.endswith("]")):
        return [text]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if value is None or (value and all(type(entry) in (int, float) for entry in value)):
        # The text is not JSON, or is a list of names that are numbers.
        return [name for part in text[1:-1].split(",") if (name := part.strip())]
    return _names(value)


def _entry_names(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            yield from [entry[key] for key in ("name", "value") if isinstance(entry.get(key), str)][:1]
