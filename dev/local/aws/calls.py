"""Reads a signed HTTP request to AWS as an API call."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from local.aws.source import Source
from local.template import ACCOUNT, REGION

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_INVOKE = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations")
_CONFIGURATION = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/configuration")


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
    access_key: str
    source: Source


def read_call(environ: dict[str, Any], source: Source) -> Call:
    """Read the call from a WSGI `environ`, whose body can be read again afterwards.

    Raises `UnmappedCallError` when the request is not signed, or its protocol is not supported.
    """
    match = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if match is None:
        raise UnmappedCallError("the request is not signed")
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    target = environ.get("HTTP_X_AMZ_TARGET")
    parameters: dict[str, Any]
    invoked = _INVOKE.fullmatch(environ.get("PATH_INFO", ""))
    if invoked:
        operation = "Invoke"
        kind = environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse")
        parameters = {
            "FunctionName": _function_arn(invoked["function"], environ.get("QUERY_STRING", "")),
            "InvocationType": kind,
            "Payload": json.loads(body),
        }
    elif configured := _CONFIGURATION.fullmatch(environ.get("PATH_INFO", "")):
        operation, parameters = "GetFunctionConfiguration", {"FunctionName": configured["function"]}
    elif (match["service"], environ.get("PATH_INFO")) == ("apigateway", "/account"):
        operation, parameters = "GetAccount", {}
    elif target:
        operation = target.rpartition(".")[2]
        parameters = json.loads(body or b"{}")
    else:
        parameters = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        operation = parameters.get("Action", "")
    return Call(match["service"], match["region"], operation, parameters, match["key"], source)


def _function_arn(function: str, query: str) -> str:
    """Return the ARN of a function with its alias, from its name or ARN and the parameter `Qualifier`."""
    name = unquote(function)
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    qualifier = parse_qs(query).get("Qualifier", [""])[0]
    return f"{arn}:{qualifier}" if qualifier else arn
