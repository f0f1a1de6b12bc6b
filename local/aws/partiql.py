"""ExecuteStatement for the one kind of PartiQL statement that the gate uses, read by key as in DynamoDB.

moto's parser uses only the first value of an IN list, and reads the whole table.
"""

import re
from collections.abc import Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from local.aws.calls import ApiError
from local.template import ACCOUNT, REGION

MAX_KEYS = 50
"""Partition keys in an IN list (DynamoDB developer guide, "PartiQL select statements")."""
PAGE_SIZE = 100
"""Items in a page. DynamoDB's limit is 1 MB, which the tests' items would not reach."""

_SELECT = re.compile(r'SELECT \* FROM "(?P<table>[\w.-]+)" WHERE "principal" IN \[\?(,\?)*\]')


def select(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Answer ExecuteStatement. Raises `ApiError`."""
    match = _SELECT.fullmatch(parameters["Statement"])
    if match is None:
        raise ApiError("ValidationException", "Statement wasn't well formed, can't be processed")
    principals = [value["S"] for value in parameters["Parameters"]]
    if parameters["Statement"].count("?") != len(principals):
        raise ApiError("ValidationException", "Number of parameters in request and statement don't match.")
    if len(principals) > MAX_KEYS:
        raise ApiError("ValidationException", f"IN takes at most {MAX_KEYS} partition keys")
    table = dynamodb_backends[ACCOUNT][REGION].get_table(match["table"])
    found = []
    for principal in dict.fromkeys(principals):
        of_principal = table.items.get(DynamoType({"S": principal}), {})
        for _, item in sorted(of_principal.items(), key=lambda pair: pair[0].value):
            found.append(item.to_json()["Attributes"])
    start = int(parameters.get("NextToken", "0"))
    more = {"NextToken": str(start + PAGE_SIZE)} if len(found) > start + PAGE_SIZE else {}
    return {"Items": found[start : start + PAGE_SIZE], **more}
