"""DynamoDB: moto's tables. The calls that moto answers wrongly, or too slowly for a large table, are answered here."""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from local.aws.calls import ApiError

Parameters = Mapping[str, Any]
Answer = dict[str, Any]

MAX_KEYS = 50
"""Partition keys in an IN list (DynamoDB developer guide, "PartiQL select statements")."""
MAX_WRITES = 100
"""Writes in a transaction (API reference of TransactWriteItems)."""
SELECT_PAGE, SCAN_PAGE = 2, 5_000
"""Items in a page. DynamoDB's limit is 1 MB: about as many grants as a page of a scan has. A caller has fewer. Their
pages are small, so that a client that reads only the first one is noticed."""

_SELECT = re.compile(r'SELECT \* FROM "(?P<table>[\w.-]+)" WHERE "principal" IN \[\?(,\?)*\]')
_PLAIN_SCAN = frozenset({"TableName", "ConsistentRead", "ExclusiveStartKey"})


class TransactionCanceledError(ApiError):
    """One of the conditions does not hold, so nothing was written."""

    def __init__(self, codes: list[str]) -> None:
        listed = ", ".join(codes)
        super().__init__(
            "TransactionCanceledException",
            f"Transaction cancelled, please refer cancellation reasons for specific reasons [{listed}]",
        )
        self.details = {"CancellationReasons": [{"Code": code} for code in codes]}


class DynamoDb:
    """The tables of one account and region. Calls are atomic, whatever the number of threads."""

    def __init__(self, backend: DynamoDBBackend) -> None:
        """`backend`: holds the tables."""
        self._backend = backend
        self._lock = threading.RLock()

    def answer(self, operation: str, parameters: Parameters) -> Answer:
        """Answer a call of `operation`. Raises `ApiError`."""
        with self._lock, _api_errors():
            match operation:
                case "ExecuteStatement":
                    return self._select(parameters)
                case "TransactWriteItems":
                    return self._transact(parameters)
                case "Scan" if parameters.keys() <= _PLAIN_SCAN:
                    return self._scan(parameters)
            return self._moto(operation, parameters)

    def _moto(self, operation: str, parameters: Parameters) -> Answer:
        handler = _Handler(self._backend, parameters)
        method = getattr(handler, camelcase_to_underscores(operation))
        answer: Answer = method().result
        return answer

    def _select(self, parameters: Parameters) -> Answer:
        """Answer the one kind of PartiQL statement that the gate uses.

        moto's parser uses only the first value of an IN list, and reads the whole table.
        """
        match = _SELECT.fullmatch(parameters["Statement"])
        if match is None:
            raise ApiError("ValidationException", "Statement wasn't well formed, can't be processed")
        principals = [value["S"] for value in parameters["Parameters"]]
        if parameters["Statement"].count("?") != len(principals):
            raise ApiError("ValidationException", "Number of parameters in request and statement don't match.")
        if len(principals) > MAX_KEYS:
            raise ApiError("ValidationException", f"IN takes at most {MAX_KEYS} partition keys")
        table = self._backend.get_table(match["table"])
        found = []
        for principal in dict.fromkeys(principals):
            of_principal = table.items.get(DynamoType({"S": principal}), {})
            for _, item in sorted(of_principal.items(), key=lambda pair: pair[0].value):
                found.append(_attributes(item))
        start = int(parameters.get("NextToken", "0"))
        more = {"NextToken": str(start + SELECT_PAGE)} if len(found) > start + SELECT_PAGE else {}
        return {"Items": found[start : start + SELECT_PAGE], **more}

    def _scan(self, parameters: Parameters) -> Answer:
        """Answer a scan without filters. moto's takes a time that grows with the square of the table's size."""
        table = self._backend.get_table(parameters["TableName"])
        items = [item for rows in table.items.values() for item in rows.values()]
        after = parameters.get("ExclusiveStartKey")
        start = 0
        if after is not None:
            last = _key(table, after)
            start = next(number for number, item in enumerate(items, 1) if _key(table, item.attrs) == last)
        page = [_attributes(item) for item in items[start : start + SCAN_PAGE]]
        more = {}
        if start + SCAN_PAGE < len(items):
            more = {"LastEvaluatedKey": {name: page[-1][name] for name in table.table_key_attrs}}
        return {"Items": page, "Count": len(page), "ScannedCount": len(page), **more}

    def _transact(self, parameters: Parameters) -> Answer:
        """Perform all of the writes, or none. moto copies the whole table."""
        writes = [next(iter(each.items())) for each in parameters["TransactItems"]]
        if not 1 <= len(writes) <= MAX_WRITES:
            raise ApiError("ValidationException", f"Member must have length less than or equal to {MAX_WRITES}")
        found = [self._item(kind, write) for kind, write in writes]
        if len({(item.hash_key, item.range_key) for item in found}) < len(found):
            raise ApiError("ValidationException", "Transaction request cannot include multiple operations on one item")
        holds = [_condition_holds(write, item) for (_, write), item in zip(writes, found, strict=True)]
        if not all(holds):
            raise TransactionCanceledError(["None" if each else "ConditionalCheckFailed" for each in holds])
        for kind, write in writes:
            self._moto(f"{kind}Item", write)
        return {}

    def _item(self, kind: str, write: Parameters) -> Item:
        """Return the item that `write` replaces; one without attributes where there is none."""
        table = self._backend.get_table(write["TableName"])
        key = _key(table, write["Item" if kind == "Put" else "Key"])
        return table.get_item(*key) or Item(*key, {})


@contextmanager
def _api_errors() -> Iterator[None]:
    """Raise moto's errors as `ApiError`."""
    try:
        yield
    except JsonRESTError as error:
        raise ApiError(error.relative_error_type, error.message, error.code) from None


class _Handler(DynamoHandler):
    """moto's answers to one call, without its HTTP server."""

    def __init__(self, backend: DynamoDBBackend, parameters: Parameters) -> None:
        super().__init__()
        self._backend = backend
        self.body = self.params = dict(parameters)

    @property
    def dynamodb_backend(self) -> DynamoDBBackend:
        return self._backend


def _attributes(item: Item) -> Answer:
    attributes: Answer = item.to_json()["Attributes"]
    return attributes


def _key(table: Table, item: Mapping[str, Any]) -> tuple[DynamoType, DynamoType]:
    partition, sort = (DynamoType(item[name]) for name in table.table_key_attrs)
    return partition, sort


def _condition_holds(write: Parameters, item: Item) -> bool:
    condition = get_filter_expression(
        write.get("ConditionExpression"),
        write.get("ExpressionAttributeNames"),
        write.get("ExpressionAttributeValues"),
    )
    return bool(condition.expr(item))
