"""The tables of docs/settings.md: the settings of `gate.toml`, with its defaults and comments."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.tables import table
from infra.settings import Settings
from reference.markdown import text

TOP = ""
"""The section of the settings before all headings."""


@dataclass
class Setting:
    """One comment of the file, and the settings below it, with their defaults."""

    meaning: str
    defaults: dict[str, str] = field(default_factory=dict)


def settings(file: str) -> str:
    """Return a table for each section of the settings `file`."""
    return "\n".join(_section(name, found) for name, found in read(file).items())


def read(file: str) -> dict[str, list[Setting]]:
    """Return the settings in the text of a settings `file`, by section. The comment at its beginning is left out."""
    sections: dict[str, list[Setting]] = {TOP: []}
    section, comment = TOP, ""
    for line in file.splitlines():
        name, equals, default = line.partition(" = ")
        if line.startswith("#"):
            comment += line.removeprefix("#")
        elif heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
            sections[section] = []
        elif equals and comment:
            sections[section].append(Setting(comment, {name: default}))
            comment = ""
        elif equals:  # it shares the comment of the setting before it
            sections[section][-1].defaults[name] = default
        else:
            comment = ""
    return sections


def _section(name: str, found: list[Setting]) -> str:
    rows = [[_code(each.defaults), _code(each.defaults.values()), text(each.meaning)] for each in found]
    heading = f"## `[{name}]`\n{_purpose(name)}\n" if name else "## At the top of the file\n"
    return f"{heading}\n{table(['setting', 'default', 'meaning'], rows)}"


def _purpose(section: str) -> str:
    return text(type(Settings.model_fields[section].default).__doc__ or "")


def _code(texts: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in texts)
