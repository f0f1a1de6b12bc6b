"""What may happen once: it is written down in the table before it happens, by a write that only one can win."""

import secrets
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

    def spend(self, what: str, *, by: str = "") -> None:
        """Write down that `what` (a name that nobody can guess or make up again) happens now.

        `by` (as hard to guess) tells who does it: when the answer of an earlier try of theirs was lost, so that nobody
        knows whether it was written down, they may try again. Without, this call is somebody of its own.
        Raises `SpentError` when it has happened before, and what `aws_errors` raises, from when on it may be either.
        """
        by = by or secrets.token_urlsafe(16)
        item = {
            "principal": {"S": f"{PREFIX}{what}"},
            "notebook": {"S": "-"},
            "by": {"S": by},
            "until": {"N": str(int(self._clock()) + KEPT)},
        }
        with aws_errors():
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#principal) OR #by = :by",
                    ExpressionAttributeNames={"#principal": "principal", "#by": "by"},
                    ExpressionAttributeValues={":by": {"S": by}},
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise SpentError from None
                raise
