"""What `gate doctor` says of the rows of the grants table."""

import shlex
from collections.abc import Iterator
from typing import Literal

from cli.deployed import Deployed
from cli.grants.row_problems import faults, mend, oddities
from cli.grants.table import GrantsTable


def look_at_grants(deployed: Deployed) -> Iterator[tuple[Literal["ok", "look", "bad"], str, str]]:
    """Yield each row that grants nothing, or not what it says, with its mend. Raises `CommandError`."""
    rows = GrantsTable(deployed.aws.client("dynamodb"), deployed.table).all()
    by_address = deployed.config.user_claim == "email"
    well = 0
    for (principal, notebook), item in sorted(rows.items()):
        wrong, odd = faults(item), oddities(item)
        if wrong:
            yield "bad", f"{principal} {notebook} grants nothing: {'; '.join(wrong + odd)}", mend(item, deployed.table)
        elif by_address and principal.startswith("user:") and "@" not in principal:
            problem = f"{principal} {notebook}: people are known by their e-mail address here, and this is none"
            yield "look", problem, shlex.join(["gate", "grants", "take", principal, notebook])
        elif odd:
            yield "look", f"{principal} {notebook}: {'; '.join(odd)}", mend(item, deployed.table)
        else:
            well += 1
    if well == len(rows):
        yield "ok", f"all {well} grants can be read", ""
