"""Invalid settings in words: a line for each problem, with the setting, its value and the mend."""

import re
import reprlib

from pydantic_core import ErrorDetails

from infra.settings_base import SettingsSection


class SettingsError(Exception):
    """The settings are invalid; each line of the message names a setting, its value and the fix."""


def message_of(detail: ErrorDetails) -> str:
    """Return the line for one problem that pydantic found."""
    location = ""
    for part in detail["loc"]:
        location += f"[{part}]" if isinstance(part, int) else f".{part}" if location else part
    if detail["type"] == "extra_forbidden":
        return f"{location} is not a setting; see the example gate.toml for all names"
    if detail["type"] == "too_long":
        maximum, count = detail["ctx"]["max_length"], detail["ctx"]["actual_length"]
        return f"{location} has {count} entries, but the maximum is {maximum}: {_TOO_LONG.get(location, _TOO_LONG[''])}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] != "value_error":
        message = f"is invalid: {message[0].lower()}{message[1:]}"
    # A section is reported without its value.
    value = (
        ""
        if isinstance(detail["input"], (dict, SettingsSection)) and detail["type"] == "value_error"
        else detail["input"]
    )
    if isinstance(value, str):
        value = re.sub("//.*@", "//***@", value)  # build systems keep what is printed
    return f"{location}{f' = {_SHORT.repr(value)}' if value != '' or detail['input'] == '' else ''} {message}"


_SHORT = reprlib.Repr()
"""Shortens long values, so that each problem stays one readable line."""
_SHORT.maxlist, _SHORT.maxstring, _SHORT.maxother = 6, 200, 200

_TOO_LONG = {
    "networks": "API Gateway's resource policy (8,192 bytes) and the launch role's policies (10,240 characters with "
    "those of gate revoke) must hold all of them. Join adjacent ranges: 203.0.112.0/24 and 203.0.113.0/24 are "
    "203.0.112.0/23",
    "": "the policies that name them have no more room. Remove those that are not needed",
}
"""Why a list is too long and how to fix it, by setting."""
