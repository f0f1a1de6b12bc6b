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
_TABLE = re.compile(r'FROM\s+"(?P<table>[\w.-]+)"')


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

    @property
    def permissions(self) -> list[tuple[str, str, dict[str, str | list[str]]]]:
        """Return the IAM action, resource and context keys of each permission that the call needs.

        Source: the service authorization reference. Raises `UnmappedCallError`.
        """
        parameters = self.parameters
        match self.service, self.operation:
            case "sts", "GetCallerIdentity":
                return []
            case "sts", "AssumeRole":
                role = parameters["RoleArn"]
                actions = ["sts:AssumeRole"]
                actions += ["sts:SetSourceIdentity"] if "SourceIdentity" in parameters else []
                actions += ["sts:TagSession"] if any(name.startswith("Tags.") for name in parameters) else []
                return [(action, role, {}) for action in actions]
            case "dynamodb", "ExecuteStatement":
                statement = parameters["Statement"]
                scan = "false" if re.search(r'WHERE "principal" (IN|=)', statement) else "true"
                found = _TABLE.search(statement)
                table = _table(found["table"] if found else "")
                return [("dynamodb:PartiQLSelect", table, {"dynamodb:FullTableScan": scan})]
            case "dynamodb", "BatchGetItem":
                action, asked = "dynamodb:BatchGetItem", parameters["RequestItems"]
                keys_of = {name: [key["principal"]["S"] for key in asked[name]["Keys"]] for name in asked}
                return [(action, _table(name), {"dynamodb:LeadingKeys": keys}) for name, keys in keys_of.items()]
            case "dynamodb", ("PutItem" | "UpdateItem") as operation:
                return [_write_permission(operation.removesuffix("Item"), parameters)]
            case "dynamodb", "TransactWriteItems":
                return [_write_permission(*next(iter(each.items()))) for each in parameters["TransactItems"]]
            case "dynamodb", "Query" if "IndexName" in parameters:
                index = f"{_table(parameters['TableName'])}/index/{parameters['IndexName']}"
                return [("dynamodb:Query", index, {})]
            case "dynamodb", operation if "TableName" in parameters:
                return [(f"dynamodb:{operation}", _table(parameters["TableName"]), {})]
            case "sns", "Publish":
                return [("sns:Publish", parameters["TopicArn"], {})]
            case "lambda", "Invoke":
                return [("lambda:InvokeFunction", parameters["FunctionName"], {})]
            case "secretsmanager", operation if "SecretId" in parameters:
                return [(f"secretsmanager:{operation}", parameters["SecretId"], {})]
            case "sagemaker", operation if "NotebookInstanceName" in parameters:
                arn = notebook_arn(parameters["NotebookInstanceName"], self.region)
                return [(f"sagemaker:{operation}", arn, {})]
        raise UnmappedCallError(f"{self.service}:{self.operation} is not supported here")


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


def notebook_arn(name: str, region: str) -> str:
    """Return the ARN of the notebook instance `name`, as policies have it."""
    return f"arn:aws:sagemaker:{region}:{ACCOUNT}:notebook-instance/{name.lower()}"


def _write_permission(kind: str, write: Mapping[str, Any]) -> tuple[str, str, dict[str, str | list[str]]]:
    """Return the permission that a write of a transaction needs (developer guide, "IAM and transactions")."""
    item = write["Item" if kind == "Put" else "Key"]
    # `dynamodb:Attributes` has the attributes of the item and those that expressions name (developer guide, "Specifying
    # conditions: using condition keys").
    attributes = sorted({*item, *write.get("ExpressionAttributeNames", {}).values()})
    context: dict[str, str | list[str]] = {
        "dynamodb:LeadingKeys": [item["principal"]["S"]],
        "dynamodb:Attributes": attributes,
    }
    return f"dynamodb:{kind}Item", _table(write["TableName"]), context


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
