"""Scan of a whole table, which moto answers page by page in a time that grows with the square of the table."""

from collections.abc import Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from local.template import ACCOUNT, REGION

PAGE = 5_000
"""Items a page; DynamoDB's own limit is 1 MB, which is about as many grants."""

TAKEN = frozenset({"TableName", "ConsistentRead", "ExclusiveStartKey"})


def scan(parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    """Answer a scan without filters; None for others, which are moto's."""
    if not parameters.keys() <= TAKEN:
        return None
    table = dynamodb_backends[ACCOUNT][REGION].get_table(parameters["TableName"])
    items = [item for rows in table.items.values() for item in rows.values()]
    after = parameters.get("ExclusiveStartKey")
    start = 0
    if after is not None:
        last = (after["principal"]["S"], after["notebook"]["S"])
        start = next(
            number + 1
            for number, item in enumerate(items)
            if (item.hash_key.value, item.range_key.value if item.range_key else "") == last
        )
    page = [item.to_json()["Attributes"] for item in items[start : start + PAGE]]
    more = {}
    if start + PAGE < len(items):
        more = {"LastEvaluatedKey": {name: page[-1][name] for name in ("principal", "notebook")}}
    return {"Items": page, "Count": len(page), "ScannedCount": len(page), **more}
