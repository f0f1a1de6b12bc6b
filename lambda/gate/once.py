"""What may happen once: it is written down in the table before it happens, by a write that only one can win."""

import time
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gate.aws import aws_errors, code_of
from gate.signing import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "once:"
"""Begins the partition key; no principal does, so that no grant can be written this way (see infra/grants_table.py)."""

KEPT = 3600
"""Seconds after which DynamoDB may forget it; signatures and tickets have ended long before."""


class SpentError(Exception):
    """It has happened before."""


class Once:
    """Remembers what happened, across all instances of the function."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, clock: Clock = time.time):
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock

    def spend(self, what: str) -> None:
        """Write down that `what` (a name that nobody can guess or make up again) happens now.

        Raises `SpentError` when it has happened before.
        """
        item = {
            "principal": {"S": f"{PREFIX}{what}"},
            "notebook": {"S": "-"},
            "until": {"N": str(int(self._clock()) + KEPT)},
        }
        with aws_errors():
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#principal)",
                    ExpressionAttributeNames={"#principal": "principal"},
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise SpentError from None
                raise
