"""The grants table in this process, without a deployment."""

from collections.abc import Iterable, Mapping
from typing import Any

from moto.dynamodb.models import DynamoDBBackend

from gate.platform.clock import Clock
from gate.store.table import INDEX, Table, key_of, primary_key
from local.aws.dynamodb import DynamoDb
from local.template import ACCOUNT, REGION
from testing.aws_clients import Client, operation_name

NAME = "grants"
GRANTS = ("user:", "group:", "iam:", "slack:")
_TYPES = {bool: "BOOL", int: "N", str: "S"}
_SCHEMA = {
    "TableName": NAME,
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("principal", "notebook")],
    "KeySchema": [
        {"AttributeName": "principal", "KeyType": "HASH"},
        {"AttributeName": "notebook", "KeyType": "RANGE"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": INDEX,
            "KeySchema": [{"AttributeName": "notebook", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}

Row = dict[str, Any]


class GrantsTable(DynamoDb):
    """DynamoDB with an empty grants table."""

    def __init__(self) -> None:
        super().__init__(DynamoDBBackend(REGION, ACCOUNT))
        self.answer("CreateTable", _SCHEMA)
        self.client: Any = Client(lambda method, arguments: self.answer(operation_name(method), arguments))

    def put(self, row: Mapping[str, Any]) -> None:
        """Write `row`."""
        self.answer("PutItem", {"TableName": NAME, "Item": row})

    def change(self, principal: str, notebook: str, **attributes: Any) -> None:
        """Write a row, or change the `attributes` of one. An attribute is a value, or a value with DynamoDB's type."""
        typed = {
            name: value
            if isinstance(value, dict)
            else {_TYPES[type(value)]: str(value) if type(value) is int else value}
            for name, value in attributes.items()
        }
        self.put({**(self.row(principal, notebook) or primary_key(principal, notebook)), **typed})

    def remove(self, principal: str, notebook: str) -> None:
        """Remove a row."""
        self.answer("DeleteItem", {"TableName": NAME, "Key": primary_key(principal, notebook)})

    def clear(self, *prefixes: str) -> None:
        """Remove the rows whose principals have one of `prefixes`, by default all grants."""
        for row in self.answer("Scan", {"TableName": NAME})["Items"]:
            if row["principal"]["S"].startswith(prefixes or GRANTS):
                self.remove(*key_of(row))

    def get(self, keys: Iterable[Mapping[str, Any]]) -> list[Row]:
        """Return the rows at `keys`."""
        found: list[Row] = self.answer("BatchGetItem", {"RequestItems": {NAME: {"Keys": list(keys)}}})["Responses"][
            NAME
        ]
        return found

    def row(self, principal: str, notebook: str) -> Row | None:
        """Return a row, or None if there is none."""
        return next(iter(self.get([primary_key(principal, notebook)])), None)

    def query(self, principals: Iterable[str]) -> list[Row]:
        """Return the rows of `principals`."""
        rows = self.answer("Scan", {"TableName": NAME})["Items"]
        return [row for principal in principals for row in rows if row["principal"]["S"] == principal]

    def requests(self, *, past: bool = False) -> list[Row]:
        """Return the latest request of each person for each notebook, or with `past` the earlier ones, as rows."""
        rows = [row for row in self.answer("Scan", {"TableName": NAME})["Items"] if "asked_at" in row]
        return [row for row in rows if row["principal"]["S"].startswith("request:past:") is past]


def open_table(client: Any, clock: Clock) -> Table:
    """Return the grants table, as the function opens it with the DynamoDB client `client`."""
    return Table(client, NAME, clock)
