"""Guards against replays: what may happen once is recorded in the table by a conditional write."""

import secrets
import time
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gate.platform.aws.errors import aws_errors, code_of
from gate.platform.clock import Clock
from gate.store import key_prefixes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CLAIM_TTL = 3600
"""Seconds after which DynamoDB may delete a claim. Signatures and tickets have expired by then."""


class AlreadyUsedError(Exception):
    """The value was claimed before."""


class ReplayGuard:
    """Lets each value be claimed once, across all instances of the function."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, clock: Clock = time.time):
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock

    def claim(self, value: str, *, attempt_id: str = "") -> None:
        """Claim `value`, a name that nobody can guess or make up again.

        `attempt_id` is as hard to guess and identifies the client. A client that lost the response to an earlier call
        can claim the same value again with the same id. Without it, each call is an attempt of its own.
        Raises `AlreadyUsedError` if another attempt claimed the value, and the errors of `aws_errors`, after which the
        outcome is unknown.
        """
        attempt_id = attempt_id or secrets.token_urlsafe(16)
        item = {
            "principal": {"S": f"{key_prefixes.REPLAY_CLAIM}{value}"},
            "notebook": {"S": "-"},
            "attempt_id": {"S": attempt_id},
            "until": {"N": str(int(self._clock()) + CLAIM_TTL)},
        }
        with aws_errors():
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#principal) OR #attempt_id = :attempt_id",
                    ExpressionAttributeNames={"#principal": "principal", "#attempt_id": "attempt_id"},
                    ExpressionAttributeValues={":attempt_id": {"S": attempt_id}},
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise AlreadyUsedError from None
                raise
