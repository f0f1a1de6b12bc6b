"""Cutoffs: moments before which a person's sign-ins, tickets and waits count for nothing.

`gate revoke` writes one, and so does "sign out everywhere". The function reads them together with the grants.
"""

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gate.aws.errors import aws_errors, code_of
from gate.clock import Clock
from gate.errors.caller import SignInEndedError
from gate.identity.caller import Caller
from gate.log import logger
from gate.store import key_prefixes
from gate.store.rows import Rows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVERYBODY = "*"
"""Stands in place of a subject for every person."""

LIFETIME = 30 * 86_400
"""Seconds after which DynamoDB may remove a cutoff. A sign-in lasts a day at most, an ID token as long as its issuer
says."""


def cutoff_key(subject: str) -> dict[str, Any]:
    """Return the table's key of the cutoff of `subject` (`user:<e-mail>`, `slack:<team>/<user>`, or `EVERYBODY`)."""
    return {"principal": {"S": f"{key_prefixes.CUTOFF}{subject}"}, "notebook": {"S": "-"}}


def cutoff_write(table: str, subject: str, moment: int) -> dict[str, Any]:
    """Return the arguments of PutItem that end what `subject` signed in to before `moment` (epoch seconds).

    The write fails with `ConditionalCheckFailedException` where the same or a later cutoff is there already.
    """
    return {
        "TableName": table,
        "Item": {
            **cutoff_key(subject),
            "before": {"N": str(moment)},
            "until": {"N": str(moment + LIFETIME)},
        },
        "ConditionExpression": "attribute_not_exists(#principal) OR #before < :before",
        "ExpressionAttributeNames": {"#principal": "principal", "#before": "before"},
        "ExpressionAttributeValues": {":before": {"N": str(moment)}},
    }


def cutoff_keys(caller: Caller) -> list[dict[str, Any]]:
    """Return the keys of the cutoffs that can end what proved `caller`: of each of their names, and of everybody."""
    return [cutoff_key(name) for name in (*caller.names, EVERYBODY)]


def without_cutoffs(items: Iterable[Mapping[str, Any]], caller: Caller) -> list[Mapping[str, Any]]:
    """Return the `items` that are no cutoffs. Raises `SignInEndedError` where a cutoff ends what proved `caller`."""
    others = []
    for item in items:
        if not item["principal"]["S"].startswith(key_prefixes.CUTOFF):
            others.append(item)
        elif caller.proven_at < _before(item):
            raise SignInEndedError(caller.via)
    return others


def _before(item: Mapping[str, Any]) -> float:
    try:
        return float(item["before"]["N"])
    except (KeyError, ValueError):
        # Somebody meant to end sign-ins, and nobody knows which: all of them.
        logger.error("a cutoff names no moment", principal=item["principal"]["S"])
        return float("inf")


class Cutoffs:
    """Ends what people have signed in to."""

    def __init__(self, dynamodb: "DynamoDBClient", *, table: str, clock: Clock = time.time):
        self._dynamodb = dynamodb
        self._rows = Rows(dynamodb, table)
        self._table = table
        self._clock = clock

    def end(self, caller: Caller) -> None:
        """End all sign-ins, tickets and waits of `caller` up to now.

        The moment is the next whole second, so that what was signed in this one is ended, too.
        Raises `SignInEndedError` where this very sign-in was ended before: whoever holds an old cookie can't end newer
        sign-ins by it. Raises what `aws_errors` raises; then nobody knows whether they were ended.
        """
        without_cutoffs(self._rows.at(cutoff_keys(caller)), caller)
        moment = int(max(self._clock(), caller.proven_at)) + 1
        with aws_errors():
            try:
                self._dynamodb.put_item(**cutoff_write(self._table, caller.subject, moment))
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
