"""What `{user}` in the notebooks of grants becomes, in words for operators."""

from cli.deployed import Deployed
from cli.errors import CommandError
from cli.grant_schema.item import GrantKey
from gate.values.caller import Caller
from gate.values.notebook import USER, Notebook
from gate.values.user_name import UserNames


class UserMarks:
    """Says what `{user}` stands for in rows of one deployment. Its settings are read if a row has it."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed

    def of(self, key: GrantKey) -> str:
        """Return what `{user}` stands for in the row `key`; empty if the row has none. Raises `CommandError`."""
        principal, notebook = key
        if USER not in notebook:
            return ""
        rule = self._deployed.config.user_names
        if not rule.source:
            return f"{USER} is nobody's name, since user_names.source is empty"
        if principal.startswith("group:"):
            return f"{USER} is {described(rule)}"
        name = rule.of(_signed_in(principal)) if principal.startswith("user:") else ""
        return f"{USER} is {name}" if name else f"they have no {USER}, which is {described(rule)}"


def notebook_of(deployed: Deployed, principal: str, notebook: Notebook) -> Notebook:
    """Return what `notebook` becomes for `principal`. Raises `CommandError` if `{user}` stands for nothing."""
    if not notebook.is_for_users:
        return notebook
    mark = UserMarks(deployed).of((principal, str(notebook)))
    found = notebook.of_user(deployed.config.user_names.of(_signed_in(principal)))
    if not principal.startswith("user:") or found is None:
        raise CommandError(f"{notebook} is no notebook of {principal}: {mark}")
    return found


def described(rule: UserNames) -> str:
    """Return how names are made, as an operator reads it."""
    whole = f"the part before the @ of addresses in {rule.domain}" if rule.source == "address" else "the user's claim"
    replaced = "" if rule.separator == "-" else ', which becomes "-"'
    return f'{whole}, if it has only letters, digits and "{rule.separator}"{replaced}'


def _signed_in(principal: str) -> Caller:
    """Return a person as the identity provider names them."""
    return Caller(principal, (), "session", "", 0)
