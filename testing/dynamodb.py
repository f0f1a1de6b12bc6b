"""The grants table in memory: moto evaluates the expressions, without an HTTP server."""

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType

from local.aws.calls import ApiError
from local.aws.transact import transact

_KEYS = {"principal": "HASH", "notebook": "RANGE"}


class FakeTable:
    """Takes the parameters of calls to DynamoDB and returns their responses."""

    def __init__(self) -> None:
        self._backend = DynamoDBBackend("eu-west-1", "123456789012")
        self._table = self._backend.create_table(
            "grants",
            schema=[{"AttributeName": name, "KeyType": kind} for name, kind in _KEYS.items()],
            attr=[{"AttributeName": name, "AttributeType": "S"} for name in _KEYS],
            billing_mode="PAY_PER_REQUEST",
            throughput=None,
            global_indexes=None,
            indexes=None,
            streams=None,
            sse_specification=None,
            tags=[],
            deletion_protection_enabled=None,
            warm_throughput=None,
        )

    def put_item(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """PutItem. Raises `ClientError`."""
        try:
            self._backend.put_item(
                "grants",
                parameters["Item"],
                condition_expression=parameters.get("ConditionExpression"),
                expression_attribute_names=parameters.get("ExpressionAttributeNames"),
                expression_attribute_values=parameters.get("ExpressionAttributeValues"),
            )
        except ConditionalCheckFailed:
            raise _failed("PutItem") from None
        return {}

    def update_item(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateItem. Raises `ClientError`."""
        try:
            item = self._backend.update_item(
                "grants",
                parameters["Key"],
                parameters["UpdateExpression"],
                parameters["ExpressionAttributeNames"],
                parameters["ExpressionAttributeValues"],
                condition_expression=parameters.get("ConditionExpression"),
            )
        except ConditionalCheckFailed:
            raise _failed("UpdateItem") from None
        return {"Attributes": item.to_json()["Attributes"]}

    def transact_write_items(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """TransactWriteItems. Raises `ClientError`."""
        try:
            return transact(parameters, self._backend)
        except ApiError as error:
            details = {"Error": {"Code": error.code, "Message": "words of AWS"}, **error.details}
            raise ClientError(details, "TransactWriteItems") from None  # type: ignore[arg-type]

    def of_notebook(self, notebook: str) -> list[dict[str, Any]]:
        """Return the items with the sort key `notebook`."""
        every = (item.to_json()["Attributes"] for of_key in self._table.items.values() for item in of_key.values())
        return [item for item in every if item["notebook"]["S"] == notebook]

    def get(self, keys: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the items at `keys`."""
        return [
            item for key in keys for item in self.query([key["principal"]["S"]]) if item["notebook"] == key["notebook"]
        ]

    def query(self, principals: Iterable[str]) -> list[dict[str, Any]]:
        """Return the items of `principals`."""
        return [
            item.to_json()["Attributes"]
            for principal in principals
            for item in self._table.items.get(DynamoType({"S": principal}), {}).values()
        ]


def _failed(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "ConditionalCheckFailedException", "Message": "words of AWS"}}, operation)
