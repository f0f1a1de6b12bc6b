"""The rows of the grants table, read by their keys, consistently: what was changed before a request counts in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gate.aws.errors import aws_errors
from gate.errors.upstream import ThrottledError
from gate.log import logger
from gate.metrics import count

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_BATCH_KEYS = 100
"""Keys that BatchGetItem takes (API reference)."""

MAX_IN_VALUES = 50
"""Partition keys that DynamoDB takes in the `IN` list of one PartiQL statement."""


class Rows:
    """Reads the table."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str):
        self._dynamodb = dynamodb
        self._table = table

    def at(self, keys: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Give the rows that are there at `keys` (principal and notebook), in any order.

        Raises `ThrottledError` when DynamoDB read only some of them, and what `aws_errors` raises.
        """
        # The same key twice is a ValidationException.
        different = list({(key["principal"]["S"], key["notebook"]["S"]): key for key in keys}.values())
        for some in _in_parts(different, MAX_BATCH_KEYS):
            with aws_errors():
                answer = self._dynamodb.batch_get_item(
                    RequestItems={self._table: {"Keys": some, "ConsistentRead": True}}
                )
                if answer.get("UnprocessedKeys"):
                    # Throughput was exceeded for a part of them. A part is no answer: a cutoff may be missing in it.
                    logger.warning("aws call failed", operation="BatchGetItem", code="UnprocessedKeys")
                    count("Throttles")
                    raise ThrottledError
                items = answer["Responses"][self._table]  # which is there when there are none, too
            yield from items

    def of(self, principals: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Give all rows of `principals`. Raises what `aws_errors` raises."""
        for some in _in_parts(principals, MAX_IN_VALUES):
            statement = f'SELECT * FROM "{self._table}" WHERE "principal" IN [{",".join("?" * len(some))}]'  # noqa: S608
            parameters = [{"S": principal} for principal in some]
            page: dict[str, Any] = {}
            while True:
                with aws_errors():
                    answer = self._dynamodb.execute_statement(
                        Statement=statement, Parameters=parameters, ConsistentRead=True, **page
                    )
                    items = answer["Items"]  # which is there when there are none, too
                yield from items
                if not answer.get("NextToken"):
                    break
                page = {"NextToken": answer["NextToken"]}


def _in_parts(values: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), most):
        yield values[start : start + most]
