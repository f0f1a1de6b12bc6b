"""The operations that moto does not support, or answers too simply."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from local.aws.authority import Identity
from local.aws.calls import ApiError, Call
from local.aws.instances import Instances
from local.aws.partiql import select
from local.aws.presigned import PresignedUrls
from local.aws.scan import scan
from local.aws.transact import transact
from local.template import ACCOUNT, REGION

NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9])*"


class Operations:
    """Answers the calls that moto does not support, or answers too simply."""

    def __init__(
        self, *, instances: Instances, urls: PresignedUrls, invoke: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """`invoke`: queues an event for the function, and returns at once."""
        self._instances = instances
        self._urls = urls
        self._invoke = invoke

    def answer(self, call: Call, identity: Identity | None) -> dict[str, Any] | None:
        """Return the answer to `call`, or None for all others, which moto answers. Raises `ApiError`."""
        if call.service == "dynamodb" and call.operation == "ExecuteStatement":
            return select(call.parameters)
        if call.service == "dynamodb" and call.operation == "Scan":
            return scan(call.parameters)
        if call.service == "dynamodb" and call.operation == "TransactWriteItems":
            return transact(call.parameters, dynamodb_backends[ACCOUNT][REGION])
        if call.service == "lambda" and call.operation == "Invoke":
            if call.parameters["InvocationType"] != "Event":
                raise ApiError("InvalidParameterValueException", "Only asynchronous invocations are supported here")
            self._invoke(call.parameters["Payload"])
            return {}
        if call.service != "sagemaker" or "NotebookInstanceName" not in call.parameters:
            return None
        name = call.parameters["NotebookInstanceName"]
        if len(name) > 63 or not re.fullmatch(NAME, name, re.ASCII):
            raise ApiError(
                "ValidationException",
                f"1 validation error detected: Value '{name}' at 'notebookInstanceName' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: ^{NAME}",
            )
        match call.operation:
            case "CreatePresignedNotebookInstanceUrl" if identity is not None:
                return self._urls.create(call.parameters, identity)
            case "StartNotebookInstance":
                self._instances.start(name)
                return {}
            case "StopNotebookInstance":
                self._instances.stop(name)
                return {}
            case "DescribeNotebookInstance":
                self._instances.state(name)  # completes a due transition first; moto then describes the instance
        return None
