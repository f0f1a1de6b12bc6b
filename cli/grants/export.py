"""Makes a grants file, which `plan` and `apply` accept, from the rows of the table."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from cli.grants.row_fixes import effective_grant
from cli.grants.row_problems import row_errors, row_warnings


@dataclass(frozen=True)
class Export:
    """The grants file made from a table, and the rows that it cannot hold."""

    grants: list[dict[str, Any]]
    left_out: list[str]
    """Rows that grant nothing, or the same as another row, each with the reason."""
    notes: list[str]
    """Rows that are exported by their effect, which differs from their text."""

    @classmethod
    def from_rows(cls, items: Iterable[Mapping[str, Any]]) -> "Export":
        """Export each row that grants something, by what it grants."""
        grants, left_out, notes, keys = [], [], [], set()
        for item in items:
            key, errors = f"{_quoted(item, 'principal')} {_quoted(item, 'notebook')}", row_errors(item)
            if errors:
                left_out.append(f"{key}: {'; '.join(errors)}")
                continue
            grant = effective_grant(item)
            if (grant["principal"], grant["notebook"]) in keys:
                left_out.append(f"{key}: another row grants {grant['notebook']}, too, and a file holds one of them")
                continue
            keys.add((grant["principal"], grant["notebook"]))
            grants.append(grant)
            notes += [f"{key}: {warning}" for warning in row_warnings(item)]
        return cls(grants, left_out, notes + _remove_repeated_defaults(grants))

    def text(self) -> str:
        """Return the file, with a comment for each row that is left out."""
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        comments = "".join(f"# Left out: {line}\n" for line in self.left_out)
        return comments + yaml.dump(
            {"grants": self.grants}, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1000
        )


def _remove_repeated_defaults(grants: list[dict[str, Any]]) -> list[str]:
    """Remove `default` from principals that have several, and return a note for each.

    A file may hold one default for each principal. With several in the table, `/open` offers a choice anyway.
    """
    defaults = Counter(grant["principal"] for grant in grants if grant.get("default"))
    repeated = {principal for principal, number in defaults.items() if number > 1}
    for grant in grants:
        if grant["principal"] in repeated:
            grant.pop("default", None)
    return [f"{principal} has {defaults[principal]} defaults, which count as none" for principal in repeated]


def _quoted(item: Mapping[str, Any], name: str) -> str:
    # JSON escapes line breaks, which would end the comment.
    return json.dumps(item[name]["S"])
