"""Adds denies to the launch role so that none is lost when several operators revoke at once.

IAM has no conditional writes: of two that read the policy, add to it and write it back, the later one erases what the
earlier one added, and the earlier one may have checked by then. DynamoDB does keep what each of them adds. So a revoke

1. writes a row of its own for each session name,
2. reads the policy and all rows, and writes both together as the new policy,
3. reads both again, and goes back to 2 while a row is not denied.

The revoke that writes the policy last finds in step 3 the rows of every revoke that wrote before it, and does not end
before all of them are denied. A revoke that adds its row later also writes the policy later.

Two limits remain. A revoke that is killed between 2 and 3 may leave another one's deny erased until the next revoke,
which writes all rows again; `gate doctor` reports it until then. The same holds when somebody edits this policy by
hand. IAM's answers may be some seconds old; step 3 then writes once more than necessary.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from botocore.exceptions import ClientError

from cli.aws import aws_errors, code_of
from cli.errors import CommandError
from cli.revoke.revocations import LONGEST, MARGIN, Revocation, combined, missing
from gate.store import key_prefixes

ATTEMPTS = 8
LONGEST_PAUSE = 5.0
"""Seconds between two attempts, at most: 23 for all of them together."""


class Policies(Protocol):
    """The launch role's inline policies (see `LaunchRolePolicies`)."""

    def revocations(self) -> list[Revocation]:
        """Return what is denied now."""

    def deny(self, revocations: Sequence[Revocation]) -> None:
        """Deny these, and no others."""

    def room(self) -> int:
        """Return how many characters are left for revocations."""


class DenyRows:
    """The denies as rows of the grants table; DynamoDB removes a row when its deny has no effect any more."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def all(self) -> list[Revocation]:
        """Return what the rows say. Raises `CommandError`."""
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
        """Have the sessions of `name` denied that began before `before` (epoch seconds). Raises `CommandError`."""
        item = {
            "principal": {"S": key_prefixes.REVOCATION},
            "notebook": {"S": name},
            "before": {"N": str(before)},
            "until": {"N": str(before + LONGEST)},
        }
        with aws_errors():
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#principal) OR #before < :before",
                    ExpressionAttributeNames={"#principal": "principal", "#before": "before"},
                    ExpressionAttributeValues={":before": {"N": str(before)}},
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise  # else it is there already, as late or later


def deny(
    policies: Policies, rows: DenyRows, names: Sequence[str], *, now: int, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Deny the sessions of `names` that began before `now` and `MARGIN` seconds more; return that moment.

    Raises `CommandError` where it can't be done, or is undone by others again and again.
    """
    before = now + MARGIN
    for name in names:
        rows.add(name, before)
    for attempt in range(ATTEMPTS):
        room = policies.room()
        policies.deny(combined([*policies.revocations(), *rows.all()], now=now, room=room))
        if not missing(rows.all(), policies.revocations(), now=now):
            return before
        sleep(min(2.0**attempt / 4, LONGEST_PAUSE))
    raise CommandError(
        "The deny does not stand on the launch role: somebody else writes the same policy, or IAM has not taken it "
        "over yet. Type the same command again"
    )
