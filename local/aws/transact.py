"""TransactWriteItems. moto's copies the whole table, which is too slow for a hundred thousand grants."""

import threading
from collections.abc import Mapping
from typing import Any

from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from local.aws.calls import ApiError

MAX_ITEMS = 100
"""Writes in a transaction (API reference of TransactWriteItems)."""

_lock = threading.Lock()


class TransactionCanceledError(ApiError):
    """One of the conditions does not hold, so nothing was written."""

    def __init__(self, codes: list[str]):
        listed = ", ".join(codes)
        super().__init__(
            "TransactionCanceledException",
            f"Transaction cancelled, please refer cancellation reasons for specific reasons [{listed}]",
        )
        self.details = {"CancellationReasons": [{"Code": code} for code in codes]}


def transact(parameters: Mapping[str, Any], backend: DynamoDBBackend) -> dict[str, Any]:
    """Perform all of the writes, or none. Raises `ApiError`."""
    writes = [next(iter(each.items())) for each in parameters["TransactItems"]]
    if not 1 <= len(writes) <= MAX_ITEMS:
        raise ApiError("ValidationException", f"Member must have length less than or equal to {MAX_ITEMS}")
    keys = [_key(kind, write) for kind, write in writes]
    if len(set(keys)) < len(keys):
        raise ApiError("ValidationException", "Transaction request cannot include multiple operations on one item")
    with _lock:
        codes = [
            "None" if _holds(write, key, backend) else "ConditionalCheckFailed"
            for (_, write), key in zip(writes, keys, strict=True)
        ]
        if any(code != "None" for code in codes):
            raise TransactionCanceledError(codes)
        for (kind, write), (principal, notebook) in zip(writes, keys, strict=True):
            table = backend.get_table(write["TableName"])
            if kind == "Put":
                table.put_item(write["Item"])
            elif kind == "Update":
                backend.update_item(
                    write["TableName"],
                    write["Key"],
                    write["UpdateExpression"],
                    write["ExpressionAttributeNames"],
                    write["ExpressionAttributeValues"],
                )
            else:
                table.delete_item(DynamoType({"S": principal}), DynamoType({"S": notebook}))
    return {}


def _holds(write: Mapping[str, Any], key: tuple[str, str], backend: DynamoDBBackend) -> bool:
    principal, notebook = (DynamoType({"S": text}) for text in key)
    item = backend.get_table(write["TableName"]).get_item(principal, notebook) or Item(principal, notebook, {})
    condition = get_filter_expression(
        write.get("ConditionExpression"),
        write.get("ExpressionAttributeNames"),
        write.get("ExpressionAttributeValues"),
    )
    return bool(condition.expr(item))


def _key(kind: str, write: Mapping[str, Any]) -> tuple[str, str]:
    item = write["Item" if kind == "Put" else "Key"]
    return item["principal"]["S"], item["notebook"]["S"]
