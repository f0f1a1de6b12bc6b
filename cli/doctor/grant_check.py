"""Checks the rows of the grants table."""

import shlex

from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from cli.grants.row_fixes import fix_commands
from cli.grants.row_problems import row_errors, row_warnings
from cli.grants.table import GrantsTable


def check_grants(deployed: Deployed) -> Outcomes:
    """Yield an outcome for each row that grants nothing, or not what its text says. Raises `CommandError`."""
    rows = GrantsTable.of(deployed).all()
    by_email = deployed.config.user_claim == "email"
    valid = 0
    for (principal, notebook), item in sorted(rows.items()):
        errors, warnings = row_errors(item), row_warnings(item)
        if errors:
            text = f"{principal} {notebook} grants nothing: {'; '.join(errors + warnings)}"
            yield Outcome("error", text, fix_commands(item, deployed.table))
        elif by_email and principal.startswith("user:") and "@" not in principal:
            text = f"{principal} {notebook}: users have e-mail addresses in this deployment, and this is not one"
            yield Outcome("warning", text, shlex.join(["gate", "grants", "take", principal, notebook]))
        elif warnings:
            text = f"{principal} {notebook}: {'; '.join(warnings)}"
            yield Outcome("warning", text, fix_commands(item, deployed.table))
        else:
            valid += 1
    if valid == len(rows):
        yield Outcome("ok", f"all {valid} grants are valid")
