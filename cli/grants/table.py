"""The grants table, as operators read and write it: whole, in batches, and never over somebody else's change."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from cli.aws import aws_errors, code_of
from cli.grants.plan import Change, Key
from gate.store import cutoffs, key_prefixes
from grant_schema.item import Item
from grant_schema.spec import GrantSpec

BATCH = 100
"""Writes that DynamoDB takes in one transaction (API reference of TransactWriteItems)."""

SIDE_BY_SIDE = 4
ATTEMPTS = 8


class GrantsTable:
    """Reads and writes rows."""

    def __init__(self, dynamodb: Any, table: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._sleep = sleep

    def all(self) -> dict[Key, Item]:
        """Return every grant, without what else the table remembers. Raises `CommandError`."""
        found: dict[Key, Item] = {}
        with aws_errors():
            for page in self._dynamodb.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True):
                for item in page["Items"]:
                    if not item["principal"]["S"].startswith(key_prefixes.NOT_GRANTS):
                        found[_key(item)] = item
        return found

    def of(self, principal: str) -> list[Item]:
        """Return the grants of one principal. Raises `CommandError`."""
        query = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="principal = :who",
            ExpressionAttributeValues={":who": {"S": principal}},
            ConsistentRead=True,
        )
        with aws_errors():
            return [item for page in query for item in page["Items"]]

    def one(self, key: Key) -> Item | None:
        """Return one grant, or None. Raises `CommandError`."""
        with aws_errors():
            answer = self._dynamodb.get_item(TableName=self._table, Key=_key_item(key), ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def end_sign_ins(self, subject: str, moment: int) -> None:
        """End what `subject`, or `cutoffs.EVERYBODY`, signed in to before `moment` (epoch seconds).

        A later end that is there already stays. Raises `CommandError`.
        """
        with aws_errors():
            try:
                self._dynamodb.put_item(**cutoffs.cutoff_write(self._table, subject, moment))
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise

    def write(self, changes: Sequence[Change], advance: Callable[[int], None]) -> list[Change]:
        """Do `changes`, each only where the row is still as it was seen; return those where it is not.

        `advance` is told how many more are done. What is interrupted is done in part, and can be planned again.
        Raises `CommandError`.
        """
        batches = [changes[start : start + BATCH] for start in range(0, len(changes), BATCH)]
        lost: list[Change] = []
        with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
            try:
                for size, conflicts in pool.map(self._batch, batches):
                    lost += conflicts
                    advance(size)
            except BaseException:
                # Ctrl-C: what has begun is finished, what has not is left.
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return [change for change in lost if not self._is_so(change)]

    def _batch(self, changes: Sequence[Change]) -> tuple[int, list[Change]]:
        left, conflicts = list(changes), []
        for attempt in range(ATTEMPTS):
            with aws_errors():
                try:
                    self._dynamodb.transact_write_items(TransactItems=[self._write(change) for change in left])
                except ClientError as error:
                    if code_of(error) != "TransactionCanceledException" or attempt == ATTEMPTS - 1:
                        raise
                    reasons = [each.get("Code") for each in error.response["CancellationReasons"]]
                else:
                    break
            strange = [
                change for change, reason in zip(left, reasons, strict=True) if reason == "ConditionalCheckFailed"
            ]
            conflicts += strange
            left = [change for change in left if change not in strange]
            if not left:
                break
            if not strange:
                self._sleep(min(2.0**attempt / 10, 5))  # somebody else writes the same rows, or DynamoDB is busy
        return len(changes), conflicts

    def _write(self, change: Change) -> dict[str, Any]:
        condition = _as_seen(change.seen)
        if change.wanted is None:
            return {"Delete": {"TableName": self._table, "Key": _key_item(change.key), **condition}}
        return {"Put": {"TableName": self._table, "Item": change.wanted.item(), **condition}}

    def _is_so(self, change: Change) -> bool:
        """Tell whether somebody else has done the same."""
        present = self.one(change.key)
        return change.wanted.matches(present) if change.wanted else present is None


def _as_seen(seen: Item | None) -> dict[str, Any]:
    """Return the condition that the row is still what was seen: somebody's change meanwhile is not written over."""
    if seen is None:
        return {
            "ConditionExpression": "attribute_not_exists(#principal)",
            "ExpressionAttributeNames": {"#principal": "principal"},
        }
    attributes = [
        name for name in {**dict.fromkeys(GrantSpec.model_fields), **seen} if name not in ("principal", "notebook")
    ]
    names, values, terms = {"#p": "principal"}, {}, ["attribute_exists(#p)"]
    for number, name in enumerate(attributes):
        names[f"#a{number}"] = name
        if name in seen:
            values[f":v{number}"] = seen[name]
            terms.append(f"#a{number} = :v{number}")
        else:
            terms.append(f"attribute_not_exists(#a{number})")
    condition: dict[str, Any] = {"ConditionExpression": " AND ".join(terms), "ExpressionAttributeNames": names}
    return condition | ({"ExpressionAttributeValues": values} if values else {})


def _key(item: Item) -> Key:
    return item["principal"]["S"], item["notebook"]["S"]


def _key_item(key: Key) -> Item:
    return {"principal": {"S": key[0]}, "notebook": {"S": key[1]}}
