"""The denies as rows of the grants table."""

from cli.grants.table import GrantsTable
from cli.revoke.revocations import DENY_LIFETIME, Revocation
from gate.store import key_prefixes
from gate.store.table import primary_key


class DenyRows:
    """Reads and adds rows. DynamoDB removes a row after its deny has expired."""

    def __init__(self, table: GrantsTable) -> None:
        self._table = table

    def all(self) -> list[Revocation]:
        """Return the denies of all rows. Raises `CommandError`."""
        items = self._table.of_principal(key_prefixes.REVOCATION)
        return [Revocation((item["notebook"]["S"],), int(item["before"]["N"])) for item in items]

    def add(self, name: str, before: int) -> None:
        """Deny the role sessions of `name` that began before `before` (epoch seconds). Raises `CommandError`."""
        key = primary_key(key_prefixes.REVOCATION, name)
        self._table.put_later({**key, "before": {"N": str(before)}, "until": {"N": str(before + DENY_LIFETIME)}})
