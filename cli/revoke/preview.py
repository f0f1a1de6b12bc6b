"""What `gate revoke` shows before it asks: the deployment, the grants that end, and whether their notebooks run."""

from collections.abc import Sequence

from cli.deployed import Deployed
from cli.errors import CommandError
from cli.grant_schema.item import Item
from cli.grants.display import row_text
from cli.grants.table import GrantsTable
from cli.notebooks.granted import in_parallel
from cli.notebooks.lookup import Notebooks, Problem
from cli.output import Output
from cli.user_names import notebook_of
from gate.access_requests.keys import partition_of
from gate.store.cutoffs import cutoff_key
from gate.store.grant_row import read
from gate.store.table import key_of


def show_revocation(deployed: Deployed, principals: Sequence[str], out: Output) -> None:
    """Print what a revocation of `principals`, or of everybody if there are none, ends. Raises `CommandError`."""
    account, _, region = deployed.home.partition("/")
    where = f"in the stack {deployed.stack} (account {account}, region {region})"
    if not principals:
        out.print(f"This signs everybody out {where}, and cuts off every open notebook. All grants stay.")
        return
    out.print(f"This revokes {' and '.join(principals)} {where}:")
    table, notebooks = GrantsTable.of(deployed), Notebooks(deployed)
    items = [item for principal in principals for item in table.of_principal(principal)]
    for item, state in in_parallel(lambda item: _state(deployed, notebooks, item), items):
        note = f"its state is unknown: {state}" if isinstance(state, CommandError) else state
        out.print(f"- {row_text(item)}: {note}", style="red")
    if not items:
        out.print("They have no grants of their own.")
    out.print("Notebooks that they have open are cut off, also those that a group of theirs has a grant for.")


def is_known(deployed: Deployed, principal: str) -> bool:
    """Return whether the table has a grant of `principal`, an end of their sign-ins, or an access request.

    A person who only signed in to open the notebooks of a group leaves nothing there. Raises `CommandError`.
    """
    table = GrantsTable.of(deployed)
    partitions = (principal, key_of(cutoff_key(principal))[0], partition_of(principal))
    return any(table.of_principal(each) for each in partitions)


def _state(deployed: Deployed, notebooks: Notebooks, item: Item) -> str:
    notebook = read(item).notebook
    if notebook is None:
        return "it grants nothing"
    found = notebooks.find(notebook_of(deployed, key_of(item)[0], notebook))
    if found is None:
        return "in another account, may be open"
    if isinstance(found, Problem):
        return found.text
    return f"{found.label.lower()}{', may be open' if found.can_open else ''}"
