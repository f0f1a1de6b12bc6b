"""Launch roles in other accounts: what is open there, and how to cut it with credentials of those accounts."""

import shlex
from collections.abc import Iterable

from cli.deployed import Deployed
from cli.revoke.revocations import POLICY
from gate.errors.notebook import InvalidNotebookNameError
from gate.notebook import Notebook
from grant_schema.item import Item

FILE = "revoked.json"


def other_accounts(deployed: Deployed, taken: Iterable[Item]) -> list[str]:
    """Return the accounts, other than the gate's own, where somebody may have a notebook open, sorted.

    All of the settings count, since a group's grant may have led there, and those of `taken`: a place may have been
    in the settings when the notebook was opened. Another region of the gate's own account has the same launch role.
    Raises `CommandError`.
    """
    home = deployed.config.launch_role_arn.split(":")[4]
    locations = {*deployed.config.remote_locations, *map(_place, taken)}
    return sorted({location.partition("/")[0] for location in locations if location} - {home})


def commands(deployed: Deployed, accounts: Iterable[str]) -> list[tuple[str, str]]:
    """Return the commands that copy the deny to `accounts`, each with the account whose credentials it needs.

    They copy all that is denied here, read at that moment, so that an earlier deny there is not lost.
    """
    home = deployed.config.launch_role_arn.split(":")[4]
    read = ["aws", "iam", "get-role-policy", "--role-name", deployed.launch_role, "--policy-name", POLICY]
    first = (home, f"{shlex.join([*read, '--query', 'PolicyDocument', '--output', 'json'])} > {FILE}")
    # Without locations in the settings any more, the function does not know the name (infra/remote.py, `role_name`).
    role = deployed.config.remote_role or f"{deployed.stack}-launch"
    put = ["aws", "iam", "put-role-policy", "--role-name", role, "--policy-name", POLICY]
    words = shlex.join([*put, "--policy-document", f"file://{FILE}"])
    return [first, *((account, words) for account in accounts)]


def _place(item: Item) -> str:
    try:
        return Notebook.parse(item["notebook"]["S"]).location
    except InvalidNotebookNameError:
        return ""  # it leads nowhere
