"""Strongly consistent reads of the grants table: a request sees every change that was made before it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gate.platform.aws.errors import aws_errors
from gate.platform.log import logger
from gate.platform.metrics import count
from gate.values.errors.upstream import ThrottledError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_BATCH_KEYS = 100
"""The most keys in one BatchGetItem call (API reference)."""

MAX_IN_VALUES = 50
"""The most partition keys in the `IN` list of one PartiQL statement."""


class Rows:
    """Reads rows of the table."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str):
        self._dynamodb = dynamodb
        self._table = table

    def get(self, keys: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Yield the rows with `keys` (principal and notebook) that exist, in any order.

        Raises `ThrottledError` if DynamoDB read only some of them, and the errors of `aws_errors`.
        """
        # DynamoDB rejects a batch that has the same key twice (ValidationException).
        unique = list({(key["principal"]["S"], key["notebook"]["S"]): key for key in keys}.values())
        for batch in _batches(unique, MAX_BATCH_KEYS):
            with aws_errors():
                response = self._dynamodb.batch_get_item(
                    RequestItems={self._table: {"Keys": batch, "ConsistentRead": True}}
                )
                if response.get("UnprocessedKeys"):
                    # The throughput was exceeded for some keys. A partial result is useless: it may lack a cutoff.
                    logger.warning("aws call failed", operation="BatchGetItem", code="UnprocessedKeys")
                    count("Throttles")
                    raise ThrottledError
                items = response["Responses"][self._table]  # present even if no row exists
            yield from items

    def query(self, principals: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Yield all rows of `principals`. Raises the errors of `aws_errors`."""
        for batch in _batches(principals, MAX_IN_VALUES):
            statement = f'SELECT * FROM "{self._table}" WHERE "principal" IN [{",".join("?" * len(batch))}]'  # noqa: S608
            parameters = [{"S": principal} for principal in batch]
            page: dict[str, Any] = {}
            while True:
                with aws_errors():
                    response = self._dynamodb.execute_statement(
                        Statement=statement, Parameters=parameters, ConsistentRead=True, **page
                    )
                    items = response["Items"]  # present even if no row exists
                yield from items
                if not response.get("NextToken"):
                    break
                page = {"NextToken": response["NextToken"]}


def _batches(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
