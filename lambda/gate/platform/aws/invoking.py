"""Starts other invocations of the functions."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from gate.platform.aws.clients import client
from gate.platform.aws.errors import aws_errors
from gate.values.errors.upstream import AwsError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def invoke_later(function_arn: str, event: Mapping[str, Any]) -> None:
    """Have Lambda invoke `function_arn` for `event`, without waiting for the result. Raises the errors of `aws_errors`.

    Lambda keeps the event until it is processed.
    """
    with aws_errors():
        answer = cast("LambdaClient", client("lambda")).invoke(
            FunctionName=function_arn, InvocationType="Event", Payload=json.dumps(event).encode()
        )
    if answer["StatusCode"] != 202:
        # 202 means that Lambda queued the event (API reference of Invoke).
        raise AwsError
