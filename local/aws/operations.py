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
        self,
        *,
        instances: Instances,
        urls: PresignedUrls,
        invoke: Callable[[str, Mapping[str, Any]], Any],
        invoke_in_background: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        """`invoke`: invokes the function with an ARN, and returns its result.

        `invoke_in_background`: the same for an event whose result nobody waits for.
        """
        self._instances = instances
        self._urls = urls
        self._invoke = invoke
        self._invoke_in_background = invoke_in_background
        self.mails: list[Mapping[str, Any]] = []
        """The parameters of each message that was published to an SNS topic."""

    def answer(self, call: Call, identity: Identity | None) -> dict[str, Any] | None:
        """Return the answer to `call`, or None for all others, which moto answers. Raises `ApiError`."""
        if call.service == "dynamodb" and call.operation == "ExecuteStatement":
            return select(call.parameters)
        if call.service == "dynamodb" and call.operation == "Scan":
            return scan(call.parameters)
        if call.service == "dynamodb" and call.operation == "TransactWriteItems":
            return transact(call.parameters, dynamodb_backends[ACCOUNT][REGION])
        if call.service == "lambda" and call.operation == "Invoke":
            function, event = call.parameters["FunctionName"], call.parameters["Payload"]
            if call.parameters["InvocationType"] == "Event":
                self._invoke_in_background(function, event)
                return {}
            result: dict[str, Any] = self._invoke(function, event)
            return result
        if call.service == "sns" and call.operation == "Publish":
            self.mails.append(call.parameters)
            return {"MessageId": str(len(self.mails))}
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
