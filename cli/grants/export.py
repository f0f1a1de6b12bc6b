"""From rows of the table to a file of grants that `plan` and `apply` take."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from cli.grants.row_problems import faults, meant, oddities


@dataclass(frozen=True)
class Export:
    """The grants file made of a table, and the rows that cannot be written into one."""

    grants: list[dict[str, Any]]
    left_out: list[str]
    """Rows that grant nothing; a file could only hold them as grants of something."""
    notes: list[str]
    """Rows that the file puts as they count, not as they are written."""

    @classmethod
    def of(cls, items: Iterable[Mapping[str, Any]]) -> "Export":
        """Sort the rows: a row that grants something goes into the file, by what it grants."""
        grants, left_out, notes = [], [], []
        for item in items:
            key, problems = f"{_quoted(item, 'principal')} {_quoted(item, 'notebook')}", faults(item)
            if problems:
                left_out.append(f"{key}: {'; '.join(problems)}")
                continue
            grants.append(meant(item))
            notes += [f"{key}: {problem}" for problem in oddities(item)]
        return cls(grants, left_out, notes + _without_second_defaults(grants))

    def text(self) -> str:
        """Return the file, with a comment for each row that is left out."""
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        comments = "".join(f"# Left out: {line}\n" for line in self.left_out)
        return comments + yaml.dump(
            {"grants": self.grants}, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1000
        )


def _without_second_defaults(grants: list[dict[str, Any]]) -> list[str]:
    """Take `default` from principals that have several: no file may say so, and `/open` then offers a choice anyway."""
    defaults = Counter(grant["principal"] for grant in grants if grant.get("default"))
    several = {principal for principal, number in defaults.items() if number > 1}
    for grant in grants:
        if grant["principal"] in several:
            grant.pop("default", None)
    return [f"{principal} has {defaults[principal]} defaults and counts as without one" for principal in several]


def _quoted(item: Mapping[str, Any], name: str) -> str:
    # As JSON, whose text never ends a comment's line.
    return json.dumps(item[name]["S"])
