"""Reads a person's groups out of the value that a provider sends for them.

Shapes: a list (OpenID Connect has no standard for groups; most providers send one), one name (a provider with a single
group), a list in a string (Cognito passes on what a SAML provider sent, as `[a, b]` or as JSON), and objects.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from gate.identity.caller import normal_group

MAX_GROUPS = 10_000
"""Groups of one person that are looked at. Each is compared with each pattern, so that more would take seconds."""

_TYPES = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


def json_type(value: object) -> str:
    """Return the name of the JSON type of `value` (RFC 8259 §3)."""
    return _TYPES.get(type(value), "null")


def find_claim(claims: Mapping[str, Any], path: str) -> Any:
    """Return the claim that is called `path`, else the one that its dots lead to; None where there is none.

    `realm_access.roles` is Keycloak's; a name with dots of its own, such as a URL, is Auth0's.
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
    """Return the groups in `value` that can matter to a grant, sorted; None where `value` can't be read.

    `patterns`: the deployment's, shell-style.
    """
    names = _names(value)
    if names is None:
        return None
    groups = {group for name in names[:MAX_GROUPS] if (group := normal_group(name)) is not None}
    return tuple(sorted(group for group in groups if matters(group, patterns)))


def matters(group: str, patterns: Sequence[str]) -> bool:
    """Tell whether `group` can matter to a grant, by the deployment's patterns."""
    return any(fnmatchcase(group, pattern) for pattern in patterns)


def _names(value: object) -> list[str] | None:
    match value:
        case str():
            return _names_in(value)
        case dict():
            return list(_named([value])) or None
        case list():
            # Some entries that can't be read leave the others; nothing but such entries is no list of groups.
            names = list(_named(value))
            return names if names or not value else None
    return None


def _names_in(text: str) -> list[str] | None:
    """Read one name, or a list that was written into a string.

    A group whose own name is in brackets, or has a comma, can't be told from such a list. Where people may name groups
    themselves, the provider has to send a real list.
    """
    if not (text.startswith("[") and text.endswith("]")):
        return [text]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if value is None or (value and all(type(entry) in (int, float) for entry in value)):
        # Not JSON, or names that happen to be numbers.
        return [name for part in text[1:-1].split(",") if (name := part.strip())]
    return _names(value)


def _named(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            yield from [entry[key] for key in ("name", "value") if isinstance(entry.get(key), str)][:1]
