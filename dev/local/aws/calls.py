"""Reads a signed HTTP request to AWS as an API call, and writes its answer, by botocore's models of the services."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from local.aws.source import Source
from local.template import ACCOUNT, REGION

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


class UnmappedCallError(Exception):
    """The call is not supported: the permissions that it needs are not known here."""


class ApiError(Exception):
    """An error of an AWS API: a code and a message."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(message)
        self.code, self.status = code, status
        self.details: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Call:
    """One call of an API operation."""

    service: str
    region: str
    operation: str
    parameters: Mapping[str, Any]
    """As boto3 takes them. The function of an Invoke is an ARN with its alias, and the payload is decoded."""
    access_key: str
    source: Source


def read_call(request: Request, source: Source) -> Call:
    """Read the call. Raises `UnmappedCallError` when the request is not signed, or AWS has no such operation."""
    match = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    if match is None:
        raise UnmappedCallError("the request is not signed")
    model, in_path = _operation(request, match["service"])
    parser = PROTOCOL_PARSERS[_protocol(request, model)](model)
    parameters = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.get_data(),
            "url_path": request.path,
            "url_params": in_path,
        }
    )
    if model.name == "Invoke":
        parameters |= {"FunctionName": _function_arn(**parameters), "Payload": json.loads(parameters["Payload"])}
    return Call(match["service"], match["region"], model.name, parameters, match["key"], source)


def response_of(request: Request, call: Call, answer: Any) -> Response:
    """Return the response with the `answer` to `call`, which `request` made. `answer`: as boto3 returns it."""
    model, _ = _operation(request, call.service)
    serializer = get_serializer_class(call.service, _protocol(request, model))(model)
    written = serializer.serialize(answer)
    # The status of an Invoke is a member of its answer, which moto's serializer leaves out.
    status = answer.get("StatusCode", written["status_code"])
    headers = {name: value for name, value in written["headers"].items() if name != "Content-Length"}
    # In chunks, so that the trials can break off a body that the client does not read.
    return Response(iter([str(written["body"])]), status, headers)


def _operation(request: Request, service: str) -> tuple[OperationModel, dict[str, Any]]:
    """Return the operation that `request` calls, and the parameters in its path. Raises `UnmappedCallError`."""
    try:
        return get_service_router(service).match(request)
    except (NotFound, UnknownServiceError):
        raise UnmappedCallError(f"{service} has no operation {request.method} {request.path}") from None


def _protocol(request: Request, model: OperationModel) -> str:
    return determine_request_protocol(model.service_model, request.content_type)


def _function_arn(FunctionName: str, Qualifier: str = "", **_others: Any) -> str:  # noqa: N803
    """Return the ARN of a function with its alias."""
    named = FunctionName.startswith("arn:")
    arn = FunctionName if named else f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FunctionName}"
    return f"{arn}:{Qualifier}" if Qualifier else arn
