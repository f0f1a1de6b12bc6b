"""The grants table: keys, strongly consistent reads, conditional writes and transactions.

A request sees every change that was made before it, and never overwrites a change that it has not seen.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gate.platform.aws.errors import aws_errors, code_of
from gate.platform.clock import Clock
from gate.platform.log import logger
from gate.platform.metrics import count
from gate.store.read_ahead import ReadAhead
from gate.values.errors.upstream import ThrottledError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = Mapping[str, Any]
"""A row, or its key, in the format of DynamoDB's API."""

MAX_BATCH_KEYS = 100
"""The most keys in one BatchGetItem call (API reference)."""

MAX_IN_VALUES = 50
"""The most partition keys in the `IN` list of one PartiQL statement."""

INDEX = "by-notebook"
"""The index with the keys of all rows, by notebook (infra/grants_table.py)."""

_PLACEHOLDER = re.compile(r"([#:])(\w+)")


class ConditionFailedError(Exception):
    """A condition of a transaction does not hold, so nothing was written."""

    def __init__(self, failed: Sequence[bool]):
        """`failed`: for each write, whether its condition does not hold."""
        super().__init__()
        self.failed = tuple(failed)


def primary_key(principal: str, notebook: str = "-") -> dict[str, Any]:
    """Return the key of a row. Rows that are not grants need no `notebook`."""
    return {"principal": {"S": principal}, "notebook": {"S": notebook}}


def key_of(row: Row) -> tuple[str, str]:
    """Return the principal and the notebook of `row`, as they are written there."""
    return row["principal"]["S"], row["notebook"]["S"]


def expressions(values: Row, **texts: str) -> dict[str, Any]:
    """Return the parameters of a call with the expressions `texts`, by parameter. Empty ones are left out.

    In an expression, `#name` is the attribute `name` of the row as it is, and `:name` is `values["name"]`.
    """
    used = {parameter: text for parameter, text in texts.items() if text}
    found = _PLACEHOLDER.findall(" ".join(used.values()))
    names = {f"#{name}": name for sign, name in found if sign == "#"}
    named = {f":{name}": values[name] for sign, name in found if sign == ":"}
    # DynamoDB rejects empty maps.
    return {
        **used,
        **({"ExpressionAttributeNames": names} if names else {}),
        **({"ExpressionAttributeValues": named} if named else {}),
    }


def unchanged(before: Row | None, attributes: Iterable[str]) -> dict[str, Any]:
    """Return the parameters of a write that fails unless the row still is `before` (None: does not exist).

    `attributes`: the names to compare, beside the key. Those that `before` lacks must still be absent, so that a
    concurrent change is never overwritten.
    """
    if before is None:
        return expressions({}, ConditionExpression="attribute_not_exists(#principal)")
    # Names of attributes may have characters that placeholders must not have.
    names, values, terms = {"#p": "principal"}, {}, ["attribute_exists(#p)"]
    for number, name in enumerate(dict.fromkeys(attributes)):
        names[f"#a{number}"] = name
        if name in before:
            values[f":v{number}"] = before[name]
            terms.append(f"#a{number} = :v{number}")
        else:
            terms.append(f"attribute_not_exists(#a{number})")
    condition: dict[str, Any] = {"ConditionExpression": " AND ".join(terms), "ExpressionAttributeNames": names}
    return condition | ({"ExpressionAttributeValues": values} if values else {})


def failed_conditions(error: ClientError) -> list[bool]:
    """Return, for each write of a cancelled transaction, whether its condition does not hold."""
    return [reason.get("Code") == "ConditionalCheckFailed" for reason in error.response["CancellationReasons"]]


class Table:
    """The table of one deployment.

    Every method that calls AWS raises the errors of `aws_errors`. After such an error, the outcome of a write is
    unknown.
    """

    def __init__(self, dynamodb: "DynamoDBClient", name: str, clock: Clock):
        self._dynamodb = dynamodb
        self._name = name
        self.now = clock
        """Returns the time in epoch seconds, to which the ends of rows are compared."""
        self._ahead: ReadAhead | None = None

    def get(self, keys: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows with `keys` that exist, in any order.

        Raises `ThrottledError` if DynamoDB read only some of them.
        """
        # DynamoDB rejects a batch that has the same key twice (ValidationException).
        unique = {key_of(key): key for key in keys}
        return self._rows(frozenset(unique), partial(self._get, list(unique.values())))

    def query(self, principals: Sequence[str]) -> Iterator[Row]:
        """Yield all rows of `principals`."""
        return self._rows(tuple(principals), partial(self._query, principals))

    @contextmanager
    def reading_ahead(self, *, keys: Sequence[Row] = (), principals: Sequence[str] = ()) -> Iterator[None]:
        """Begin to read the rows with `keys`, or those of `principals`.

        In the block, a `get` of the same keys, or a `query` of the same principals, waits for them and yields them.
        What takes more than one call is not read ahead.
        """
        if 0 < len(keys) <= MAX_BATCH_KEYS:
            self._ahead = ReadAhead(frozenset(map(key_of, keys)), partial(self._get, keys))
        elif 0 < len(principals) <= MAX_IN_VALUES:
            self._ahead = ReadAhead(tuple(principals), partial(self._query, principals))
        try:
            yield
        finally:
            self._ahead = None  # a later request must not get rows that were read before it

    def _rows(self, what: Hashable, read: Callable[[], Iterator[Row]]) -> Iterator[Row]:
        ahead, self._ahead = self._ahead, None
        rows = ahead.rows(what) if ahead else None
        return read() if rows is None else iter(rows)

    def _get(self, keys: Sequence[Row]) -> Iterator[Row]:
        for batch in _batches(keys, MAX_BATCH_KEYS):
            with aws_errors():
                response = self._dynamodb.batch_get_item(
                    RequestItems={self._name: {"Keys": batch, "ConsistentRead": True}}
                )
                if response.get("UnprocessedKeys"):
                    # The throughput was exceeded for some keys. A partial result is useless: it may lack a cutoff.
                    logger.warning("aws call failed", operation="BatchGetItem", code="UnprocessedKeys")
                    count("Throttles")
                    raise ThrottledError
                rows = response["Responses"][self._name]  # present even if no row exists
            yield from rows

    def _query(self, principals: Sequence[str]) -> Iterator[Row]:
        for batch in _batches(principals, MAX_IN_VALUES):
            yield from _items(
                self._dynamodb.execute_statement,
                ("NextToken", "NextToken"),
                Statement=f'SELECT * FROM "{self._name}" WHERE "principal" IN [{",".join("?" * len(batch))}]',  # noqa: S608
                Parameters=[{"S": principal} for principal in batch],
                ConsistentRead=True,
            )

    def by_notebook(self, notebook: str) -> Iterator[Row]:
        """Yield the keys of all rows with the sort key `notebook`. The index may be seconds behind."""
        condition = expressions({"notebook": {"S": notebook}}, KeyConditionExpression="#notebook = :notebook")
        paging = ("LastEvaluatedKey", "ExclusiveStartKey")
        for row in _items(self._dynamodb.query, paging, TableName=self._name, IndexName=INDEX, **condition):
            yield primary_key(*key_of(row))

    def put(self, row: Row, condition: str = "", **values: Row) -> bool:
        """Write `row` if `condition` holds. Return whether it does.

        `condition`: see `expressions`. Its values are those of `row` and `values`.
        """
        parameters = expressions({**row, **values}, ConditionExpression=condition)
        return self._write(self._dynamodb.put_item, Item=row, **parameters)

    def update(self, key: Row, update: str, condition: str, **values: Row) -> bool:
        """Update the row with `key` if `condition` holds. Return whether it does. See `expressions`."""
        parameters = expressions(values, UpdateExpression=update, ConditionExpression=condition)
        return self._write(self._dynamodb.update_item, Key=key, **parameters)

    def update_and_get(self, key: Row, update: str, **values: Row) -> Row:
        """Update the row with `key`, which need not exist, and return it as it is then. See `expressions`."""
        parameters: Any = expressions(values, UpdateExpression=update)
        with aws_errors():
            response = self._dynamodb.update_item(TableName=self._name, Key=key, ReturnValues="ALL_NEW", **parameters)
            return response["Attributes"]

    def transact(self, writes: Iterable[Mapping[str, Row]]) -> None:
        """Make all of `writes`, or none. They have the format of TransactWriteItems, without the table's name.

        Raises `ConditionFailedError` if the condition of one of them does not hold.
        """
        items: Any = [{kind: {"TableName": self._name, **write} for kind, write in each.items()} for each in writes]
        with aws_errors():
            try:
                self._dynamodb.transact_write_items(TransactItems=items)
            except ClientError as error:
                if code_of(error) != "TransactionCanceledException":
                    raise
                failed = failed_conditions(error)
                if any(failed):
                    raise ConditionFailedError(failed) from None
                # Another transaction writes the same rows, or DynamoDB throttles (API reference, "Cancellation").
                raise ThrottledError from error

    def _write(self, call: Callable[..., object], **parameters: Any) -> bool:
        with aws_errors():
            try:
                call(TableName=self._name, **parameters)
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                return False
        return True


def _batches(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _items(call: Callable[..., Any], paging: tuple[str, str], **parameters: Any) -> Iterator[Row]:
    """Yield the items of all pages. `paging`: what a response calls the next page, and what the request calls it."""
    of_response, of_request = paging
    while True:
        with aws_errors():
            response = call(**parameters)
            items = response["Items"]  # present even if no row exists
        yield from items
        if not response.get(of_response):
            return
        parameters[of_request] = response[of_response]
