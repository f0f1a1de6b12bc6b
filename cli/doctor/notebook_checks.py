"""Checks that the notebooks of grants exist, and that they can be opened as their grants say."""

from collections.abc import Sequence

from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from cli.grant_schema.item import has_ended
from cli.grants.row_problems import row_errors
from cli.grants.table import GrantsTable
from cli.notebooks.granted import GrantedNotebook, check_all, granted_notebooks
from gate.store.grant_row import read


def read_granted(deployed: Deployed, *, now: float) -> list[GrantedNotebook]:
    """Return the notebooks of all grants at `now` (epoch seconds). Raises `CommandError`."""
    items = [item for item in GrantsTable.of(deployed).all().values() if not row_errors(item)]
    rows = [(item["principal"]["S"], read(item)) for item in items if not has_ended(item, now)]
    return granted_notebooks(deployed, [(who, row.notebook, row.view) for who, row in rows if row.notebook])


def check_notebooks(deployed: Deployed, granted: Sequence[GrantedNotebook]) -> Outcomes:
    """Yield an outcome for each problem of a notebook. Raises `CommandError`."""
    checked = check_all(deployed, granted)
    for each in checked.problems:
        yield Outcome(each.problem.level, each.text, each.problem.fix)
    for sentence in checked.unchecked:
        yield Outcome("warning", sentence, "docs/operations.md lists the permissions of operators.")
    elsewhere = f"; {checked.elsewhere} in other accounts can't be checked from here" if checked.elsewhere else ""
    if checked.usable or not (checked.problems or checked.unchecked):
        yield Outcome("ok", f"{checked.usable} notebooks exist and can be opened as their grants say{elsewhere}")
