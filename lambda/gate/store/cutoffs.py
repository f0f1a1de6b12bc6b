"""Cutoffs: times that end a person's earlier sign-ins, tickets and waits.

`gate revoke` and "Sign out everywhere" write cutoffs. The function reads them together with the grants.
"""

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gate.platform.aws.errors import aws_errors, code_of
from gate.platform.clock import Clock
from gate.platform.log import logger
from gate.store import key_prefixes
from gate.store.rows import Rows
from gate.values.caller import Caller
from gate.values.errors.caller import SignInEndedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVERYBODY = "*"
"""The subject of the cutoff that applies to every person."""

CUTOFF_TTL = 30 * 86_400
"""Seconds after which DynamoDB may delete a cutoff.

A sign-in lasts for one day at most. The issuer decides how long an ID token lasts.
"""


def cutoff_key(subject: str) -> dict[str, Any]:
    """Return the key of the cutoff of `subject`: `user:<e-mail>`, `slack:<team>/<user>`, or `EVERYBODY`."""
    return {"principal": {"S": f"{key_prefixes.CUTOFF}{subject}"}, "notebook": {"S": "-"}}


def cutoff_write(table: str, subject: str, before: int) -> dict[str, Any]:
    """Return the arguments of the PutItem call that ends what `subject` proved before `before` (epoch seconds).

    The call fails with `ConditionalCheckFailedException` if the same or a later cutoff exists.
    """
    return {
        "TableName": table,
        "Item": {
            **cutoff_key(subject),
            "before": {"N": str(before)},
            "until": {"N": str(before + CUTOFF_TTL)},
        },
        "ConditionExpression": "attribute_not_exists(#principal) OR #before < :before",
        "ExpressionAttributeNames": {"#principal": "principal", "#before": "before"},
        "ExpressionAttributeValues": {":before": {"N": str(before)}},
    }


def cutoff_keys(caller: Caller) -> list[dict[str, Any]]:
    """Return the keys of the cutoffs that apply to `caller`: one for each of their names, and `EVERYBODY`."""
    return [cutoff_key(name) for name in (*caller.names, EVERYBODY)]


def apply_cutoffs(items: Iterable[Mapping[str, Any]], caller: Caller) -> list[Mapping[str, Any]]:
    """Return the `items` that are not cutoffs.

    Raises `SignInEndedError` if one of the cutoffs is later than the proof of `caller`'s identity.
    """
    others = []
    for item in items:
        if not item["principal"]["S"].startswith(key_prefixes.CUTOFF):
            others.append(item)
        elif caller.proven_at < _cutoff_time(item):
            raise SignInEndedError(caller.via)
    return others


def _cutoff_time(item: Mapping[str, Any]) -> float:
    try:
        return float(item["before"]["N"])
    except (KeyError, ValueError):
        # The cutoff was meant to end sign-ins. Which ones is unknown, so it ends all of them.
        logger.error("malformed cutoff", principal=item["principal"]["S"])
        return float("inf")


class Cutoffs:
    """Writes cutoffs for people who sign out everywhere."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, clock: Clock = time.time):
        self._dynamodb = dynamodb
        self._rows = Rows(dynamodb, table)
        self._table = table
        self._clock = clock

    def end(self, caller: Caller) -> None:
        """End all present sign-ins, tickets and waits of `caller`.

        The cutoff is the next full second, so that it also ends what was signed within the present second.
        Raises `SignInEndedError` if the caller's own sign-in was ended before, so that an old cookie cannot end newer
        sign-ins. Raises the errors of `aws_errors`, after which the outcome is unknown.
        """
        apply_cutoffs(self._rows.get(cutoff_keys(caller)), caller)
        cutoff = int(max(self._clock(), caller.proven_at)) + 1
        with aws_errors():
            try:
                self._dynamodb.put_item(**cutoff_write(self._table, caller.subject, cutoff))
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
