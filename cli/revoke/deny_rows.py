"""The denies as rows of the grants table."""

from typing import Any

from cli.aws import aws_errors
from cli.revoke.revocations import DENY_LIFETIME, Revocation
from gate.store import key_prefixes


class DenyRows:
    """Reads and adds rows. DynamoDB removes a row after its deny has expired."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def all(self) -> list[Revocation]:
        """Return the denies of all rows. Raises `CommandError`."""
        query = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="principal = :revoked",
            ExpressionAttributeValues={":revoked": {"S": key_prefixes.REVOCATION}},
            ConsistentRead=True,
        )
        with aws_errors():
            items = [item for page in query for item in page["Items"]]
        return [Revocation((item["notebook"]["S"],), int(item["before"]["N"])) for item in items]

    def add(self, name: str, before: int) -> None:
        """Add a deny of the sessions of `name` that began before `before` (epoch seconds). Raises `CommandError`."""
        item = {
            "principal": {"S": key_prefixes.REVOCATION},
            "notebook": {"S": name},
            "before": {"N": str(before)},
            "until": {"N": str(before + DENY_LIFETIME)},
        }
        # The condition fails if the row already exists, with the same moment or a later one.
        with aws_errors(ignore=["ConditionalCheckFailedException"]):
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(#principal) OR #before < :before",
                ExpressionAttributeNames={"#principal": "principal", "#before": "before"},
                ExpressionAttributeValues={":before": {"N": str(before)}},
            )
