"""Launch roles in other accounts: where notebooks may be open, and the commands that copy the denies there."""

import shlex
from collections.abc import Iterable

from cli.deployed import Deployed
from cli.grant_schema.item import Item
from gate.launch.denies.launch_role import REVOKED_POLICY
from gate.store.grant_row import read

POLICY_FILE = "revoked.json"


def remote_accounts(deployed: Deployed, taken: Iterable[Item]) -> list[str]:
    """Return the other accounts in which a caller may have a notebook open, sorted. Raises `CommandError`.

    These are all accounts of the settings, since the grant of a group may have led there, and those of the grants in
    `taken`, since their locations may have been in the settings when the notebook was opened. Another region of the
    gate's own account has the same launch role.
    """
    locations = {*deployed.config.remote_locations, *map(_location, taken)}
    return sorted({location.partition("/")[0] for location in locations if location} - {_own_account(deployed)})


def copy_commands(deployed: Deployed, accounts: Iterable[str]) -> list[tuple[str, str]]:
    """Return the commands that copy the denies to `accounts`, each with the account whose credentials it needs.

    They copy all denies that are on the own launch role at that moment, so that earlier denies there are kept.
    """
    get = ["iam", "get-role-policy", "--role-name", deployed.launch_role, "--policy-name", REVOKED_POLICY]
    read_command = f"{deployed.lines.aws(*get, '--query', 'PolicyDocument', '--output', 'json')} > {POLICY_FILE}"
    # If no locations are left in the settings, the function does not have the name (infra/settings.py, `environment`).
    role = deployed.config.remote_role or f"{deployed.stack}-launch"
    # Without the operator's options: `--profile` has the credentials of the gate's own account.
    put = ["aws", "iam", "put-role-policy", "--role-name", role, "--policy-name", REVOKED_POLICY]
    put_command = shlex.join([*put, "--policy-document", f"file://{POLICY_FILE}"])
    return [(_own_account(deployed), read_command), *((account, put_command) for account in accounts)]


def _own_account(deployed: Deployed) -> str:
    return deployed.config.launch_role_arn.split(":")[4]


def _location(item: Item) -> str:
    notebook = read(item).notebook
    return notebook.location if notebook else ""  # a row without a valid name cannot have opened anything
