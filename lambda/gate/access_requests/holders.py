"""Who has a grant for a notebook, for its owners."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.platform.aws.errors import aws_errors
from gate.store import key_prefixes
from gate.store.grant_row import read
from gate.store.rows import Rows
from gate.values.notebook import Notebook

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX = "by-notebook"
"""The index of the table with the keys of all rows, by notebook (infra/grants_table.py)."""


@dataclass(frozen=True)
class Holder:
    """A principal with a grant for a notebook."""

    principal: str
    until: int | None
    """Epoch seconds. None if the grant does not end."""
    granted_by: str
    """The people who allowed the access request; empty for the grants of operators."""
    reason: str


class Holders:
    """Reads the grants of a notebook."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str):
        self._dynamodb = dynamodb
        self._rows = Rows(dynamodb, table)
        self._table = table

    def of(self, notebook: Notebook, now: float) -> list[Holder]:
        """Return who has a grant for `notebook` at `now` (epoch seconds), sorted.

        The index may be seconds behind. Raises the errors of `Rows`.
        """
        # Operators may have written rows in the spelling of the owner's grant.
        keys = [key for name in dict.fromkeys([str(notebook), notebook.written]) for key in self._keys(name)]
        found = [_holder(item) for item in self._rows.get(keys) if not read(item).unreadable]
        return sorted(
            (each for each in found if each.until is None or each.until > now), key=lambda each: each.principal
        )

    def _keys(self, name: str) -> Iterator[dict[str, Any]]:
        page: dict[str, Any] = {}
        while True:
            with aws_errors():
                response = self._dynamodb.query(
                    TableName=self._table,
                    IndexName=INDEX,
                    KeyConditionExpression="#notebook = :notebook",
                    ExpressionAttributeNames={"#notebook": "notebook"},
                    ExpressionAttributeValues={":notebook": {"S": name}},
                    **page,
                )
                items = response["Items"]
            for item in items:
                # The sort key of other rows could be the name of a notebook, too.
                if not item["principal"]["S"].startswith(key_prefixes.NOT_GRANTS):
                    yield {"principal": item["principal"], "notebook": item["notebook"]}
            if "LastEvaluatedKey" not in response:
                return
            page = {"ExclusiveStartKey": response["LastEvaluatedKey"]}


def _holder(item: Mapping[str, Any]) -> Holder:
    granted_by, reason = (str(item.get(name, {}).get("S", "")) for name in ("granted_by", "reason"))
    return Holder(item["principal"]["S"], read(item).until, granted_by, reason)
