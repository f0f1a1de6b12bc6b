"""Reads and writes grants in the table, in batches, and never overwrites a concurrent change."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import compress
from typing import Any

from botocore.exceptions import ClientError

from cli.aws import aws_errors, error_code
from cli.deployed import Deployed
from cli.grant_schema.item import ATTRIBUTES, GrantKey, Item
from cli.grants.plan import RowChange
from gate.store import key_prefixes
from gate.store.cutoffs import LATER, cutoff_row
from gate.store.table import expressions, failed_conditions, key_of, primary_key, unchanged

BATCH_SIZE = 100
"""Writes that DynamoDB takes in one transaction (API reference of TransactWriteItems)."""

MAX_PARALLEL_BATCHES = 4
MAX_ATTEMPTS = 8
"""Of one batch, while DynamoDB cancels the transaction."""


class GrantsTable:
    """The grants in the table of one deployment. Every method raises `CommandError` if AWS refuses a call."""

    def __init__(self, dynamodb: Any, table: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._sleep = sleep

    @classmethod
    def of(cls, deployed: Deployed) -> "GrantsTable":
        """Return the grants of `deployed`."""
        return cls(deployed.aws.client("dynamodb"), deployed.table)

    def all(self) -> dict[GrantKey, Item]:
        """Return every grant. Rows of the table that are not grants are left out."""
        found: dict[GrantKey, Item] = {}
        with aws_errors():
            for page in self._dynamodb.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True):
                for item in page["Items"]:
                    if not item["principal"]["S"].startswith(key_prefixes.NOT_GRANTS):
                        found[key_of(item)] = item
        return found

    def of_principal(self, principal: str) -> list[Item]:
        """Return the rows of one principal."""
        query = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="principal = :principal",
            ExpressionAttributeValues={":principal": {"S": principal}},
            ConsistentRead=True,
        )
        with aws_errors():
            return [item for page in query for item in page["Items"]]

    def get(self, key: GrantKey) -> Item | None:
        """Return one grant, or None if it does not exist."""
        with aws_errors():
            response = self._dynamodb.get_item(TableName=self._table, Key=primary_key(*key), ConsistentRead=True)
        item: Item | None = response.get("Item")
        return item

    def end_sign_ins(self, subject: str, moment: int) -> None:
        """End every sign-in of `subject`, or of `cutoffs.EVERYBODY`, from before `moment` (epoch seconds).

        A later cutoff that already exists is kept.
        """
        self.put_later(cutoff_row(subject, moment))

    def put_later(self, row: Item) -> None:
        """Write `row`, unless it exists with the same or a later time `before`."""
        condition = expressions(row, ConditionExpression=LATER)
        with aws_errors(ignore=["ConditionalCheckFailedException"]):
            self._dynamodb.put_item(TableName=self._table, Item=row, **condition)

    def write(
        self, changes: Sequence[RowChange], on_progress: Callable[[int], None] = lambda _: None
    ) -> list[RowChange]:
        """Make each change whose row is still as it was planned; return the conflicting changes, which are not made.

        `on_progress` is called with the number of changes that each batch has completed. An interrupted call leaves
        some changes made; planning again finds the others.
        """
        batches = [changes[start : start + BATCH_SIZE] for start in range(0, len(changes), BATCH_SIZE)]
        conflicts: list[RowChange] = []
        with ThreadPoolExecutor(max_workers=MAX_PARALLEL_BATCHES) as pool:
            try:
                for size, of_batch in pool.map(self._write_batch, batches):
                    conflicts += of_batch
                    on_progress(size)
            except BaseException:
                # On Ctrl-C, batches that have begun are finished, and the others are not started.
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return [change for change in conflicts if not self._is_made(change)]

    def _write_batch(self, changes: Sequence[RowChange]) -> tuple[int, list[RowChange]]:
        pending, conflicts = list(changes), []
        for attempt in range(MAX_ATTEMPTS):
            with aws_errors():
                try:
                    self._dynamodb.transact_write_items(TransactItems=[self._write_of(change) for change in pending])
                except ClientError as error:
                    if error_code(error) != "TransactionCanceledException" or attempt == MAX_ATTEMPTS - 1:
                        raise
                    failed = failed_conditions(error)
                else:
                    break
            changed_meanwhile = list(compress(pending, failed))
            conflicts += changed_meanwhile
            pending = [change for change in pending if change not in changed_meanwhile]
            if not pending:
                break
            if not changed_meanwhile:
                # Another transaction writes the same rows, or DynamoDB throttles.
                self._sleep(min(2.0**attempt / 10, 5))
        return len(changes), conflicts

    def _write_of(self, change: RowChange) -> dict[str, Any]:
        attributes = {*ATTRIBUTES, *(change.before or ())} - {"principal", "notebook"}
        condition = unchanged(change.before, sorted(attributes))
        if change.after is None:
            return {"Delete": {"TableName": self._table, "Key": primary_key(*change.key), **condition}}
        return {"Put": {"TableName": self._table, "Item": change.after.item(), **condition}}

    def _is_made(self, change: RowChange) -> bool:
        """Return whether another operator has made the same change."""
        present = self.get(change.key)
        return change.after.matches(present) if change.after else present is None
