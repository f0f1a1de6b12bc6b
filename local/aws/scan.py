"""Scan of a whole table. moto's takes a time that grows with the square of the table's size."""

from collections.abc import Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from local.template import ACCOUNT, REGION

PAGE_SIZE = 5_000
"""Items in a page. DynamoDB's limit is 1 MB, which is about as many grants."""

SUPPORTED = frozenset({"TableName", "ConsistentRead", "ExclusiveStartKey"})


def scan(parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the answer to a scan without filters, or None for other scans, which moto answers."""
    if not parameters.keys() <= SUPPORTED:
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
    page = [item.to_json()["Attributes"] for item in items[start : start + PAGE_SIZE]]
    more = {}
    if start + PAGE_SIZE < len(items):
        more = {"LastEvaluatedKey": {name: page[-1][name] for name in ("principal", "notebook")}}
    return {"Items": page, "Count": len(page), "ScannedCount": len(page), **more}
