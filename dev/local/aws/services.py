"""The stand-in of AWS: answers the calls of the gate and of its operators, whatever way they come in."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from local.aws.calls import ApiError, Call
from local.aws.dynamodb import DynamoDb
from local.aws.sessions import Identity, Sessions

Invoke = Callable[[str, Mapping[str, Any]], Any]
"""Invokes the function with an ARN for an event."""


class Service(Protocol):
    """Answers some of AWS's calls."""

    def answer(self, call: Call, identity: Identity | None) -> Any:
        """Return the answer to `call` of `identity`, or None for a call of others. Raises `ApiError`."""


def answer_of(services: Iterable[Service], call: Call, identity: Identity | None) -> Any:
    """Return the answer of the first of `services` that answers `call`, or None. Raises `ApiError`."""
    answers = (service.answer(call, identity) for service in services)
    return next((answer for answer in answers if answer is not None), None)


class Services:
    """The services of one account but for SageMaker's resources, each of which is a module of its own."""

    def __init__(
        self,
        *,
        dynamodb: DynamoDb,
        sessions: Sessions,
        invoke: Invoke,
        invoke_in_background: Invoke,
    ) -> None:
        """`invoke_in_background`: invokes the function for an event whose result nobody waits for."""
        self.dynamodb = dynamodb
        self.sessions = sessions
        self._invoke = invoke
        self._invoke_in_background = invoke_in_background
        self.published: list[Mapping[str, Any]] = []
        """The parameters of each message that was published to an SNS topic."""

    def answer(self, call: Call, _identity: Identity | None) -> Any:
        """Return the answer to `call`, or None for the calls of others. Raises `ApiError`."""
        parameters = call.parameters
        match call.service, call.operation:
            case "dynamodb", operation:
                return self.dynamodb.answer(operation, parameters)
            case "sts", "AssumeRole":
                return self.sessions.assume_role(parameters)
            case "lambda", "Invoke" if parameters.get("InvocationType") == "Event":
                self._invoke_in_background(parameters["FunctionName"], parameters["Payload"])
                # AWS's answer has no body. This one has, so that the trials can break it off.
                return {"StatusCode": 202, "Payload": "{}"}
            case "lambda", "Invoke":
                result = self._invoke(parameters["FunctionName"], parameters["Payload"])
                return {"StatusCode": 200, "Payload": json.dumps(result)}
            case "sns", "Publish":
                if len(parameters.get("Subject", "")) > 100:
                    raise ApiError("InvalidParameter", "Invalid parameter: Subject")
                self.published.append(parameters)
                return {"MessageId": str(len(self.published))}
        return None
