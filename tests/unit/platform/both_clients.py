"""The gate's calls of AWS beside those of botocore's own client: what both send, return and raise."""

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError

from gate.platform.aws.clients import CLIENT_CONFIG
from gate.platform.aws.service import Client, Service
from infra.models import OPERATIONS

KEYS = ReadOnlyCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG", "FwoGZXIvYXdzE")
KEY = {"principal": {"S": "user:alice@example.com"}, "notebook": {"S": "churn-model"}}
ROLE = "arn:aws:iam::123456789012:role/notebook-gate-launch"
SPACE = {"DomainId": "d-1", "UserProfileName": "alice", "SpaceName": "churn"}
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "BatchGetItem": {"RequestItems": {"grants": {"Keys": [KEY], "ConsistentRead": True}}},
    "ExecuteStatement": {"Statement": 'SELECT * FROM "grants"', "Parameters": [{"S": "é"}], "ConsistentRead": True},
    "PutItem": {"TableName": "grants", "Item": KEY, "ConditionExpression": "attribute_not_exists(principal)"},
    "Query": {"TableName": "grants", "IndexName": "by-notebook"},
    "TransactWriteItems": {"TransactItems": [{"Delete": {"TableName": "grants", "Key": KEY}}]},
    "UpdateItem": {"TableName": "grants", "Key": KEY, "ReturnValues": "ALL_NEW"},
    "GetRolePolicy": {"RoleName": "launch", "PolicyName": "denies-1"},
    "ListRolePolicies": {"RoleName": "launch"},
    "PutRolePolicy": {"RoleName": "launch", "PolicyName": "denies-1", "PolicyDocument": '{"Version": "2012-10-17"}'},
    "Invoke": {"FunctionName": f"{ROLE}:slack".replace("role", "function"), "InvocationType": "Event",
               "Payload": b'{"slack": {"text": "\xc3\xa9"}}'},
    "GetSecretValue": {"SecretId": "session", "VersionStage": "AWSCURRENT"},
    "Publish": {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:requests", "Subject": "a request", "Message": "née"},
    "AssumeRole": {"RoleArn": ROLE, "RoleSessionName": "alice@example.com", "DurationSeconds": 3600,
                   "Policy": '{"Statement": []}', "Tags": [{"Key": "until", "Value": "1"}]},
    "CreatePresignedNotebookInstanceUrl": {"NotebookInstanceName": "a", "SessionExpirationDurationInSeconds": 43_200},
    "CreatePresignedDomainUrl": {**SPACE, "ExpiresInSeconds": 5},
    "DescribeUserProfile": {"DomainId": "d-1", "UserProfileName": "alice"},
    "DescribeSpace": {"DomainId": "d-1", "SpaceName": "churn"},
    "DescribeApp": {**SPACE, "AppType": "JupyterLab", "AppName": "default"},
    "ListApps": {"DomainIdEquals": "d-1", "SpaceNameEquals": "churn"},
    "CreateApp": {**SPACE, "AppType": "JupyterLab", "AppName": "default"},
    "DeleteApp": {**SPACE, "AppType": "JupyterLab", "AppName": "default"},
}  # fmt: skip
"""Parameters of each operation. One that is not listed takes the name of a notebook instance alone."""
CALLS = [(service, operation) for service, operations in OPERATIONS.items() for operation in sorted(operations)]

_CREDENTIALS = "<AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken>"
XML_RESULTS: Mapping[str, str] = {
    "GetRolePolicy": "<RoleName>launch</RoleName><PolicyName>denies-1</PolicyName>"
                     "<PolicyDocument>%7B%22Version%22%3A%20%222012-10-17%22%7D</PolicyDocument>",
    "ListRolePolicies": "<PolicyNames><member>a</member><member>b</member></PolicyNames>",
    "PutRolePolicy": "",
    "Publish": "<MessageId>1</MessageId>",
    "AssumeRole": f"<Credentials>{_CREDENTIALS}<Expiration>2026-11-30T13:00:00Z</Expiration></Credentials>",
}  # fmt: skip
"""The result of each operation whose service answers in XML."""

Outcome = tuple[int, Mapping[str, str], bytes] | Exception
"""A response, with its status code, headers and body; or what the transport raises."""


def parameters_of(operation: str) -> dict[str, Any]:
    return dict(PARAMETERS.get(operation, {"NotebookInstanceName": "churn-model"}))


def success(operation: str) -> Outcome:
    """Return a response to `operation` that is no error."""
    if operation not in XML_RESULTS:
        return 200, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "7"}, b"{}"
    result = f"<{operation}Result>{XML_RESULTS[operation]}</{operation}Result>"
    body = f"<{operation}Response>{result}<ResponseMetadata><RequestId>7</RequestId></ResponseMetadata>"
    return 200, {"Content-Type": "text/xml"}, f"{body}</{operation}Response>".encode()


class ScriptedAws:
    """Answers requests with `outcomes`, in this order; the last one remains."""

    def __init__(self, *outcomes: Outcome):
        self.requests: list[Any] = []
        self._outcomes = list(outcomes)

    def send(self, request: Any, **_event: Any) -> AWSResponse:
        self.requests.append(request)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        status, headers, body = outcome
        found = HTTPHeaders()
        for name, value in headers.items():
            found[name] = value
        return AWSResponse(request.url, status, found, SimpleNamespace(stream=lambda: iter([body])))


class BothClients:
    """botocore's client of a service, and the gate's. Neither waits before a retry."""

    def __init__(self, session: Any, service: str, region: str = "eu-west-1"):
        keys = dict(zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), KEYS, strict=False))
        self._client = session.create_client(service, region_name=region, config=CLIENT_CONFIG, **keys)
        self._service = Service(
            session.create_client(service, region_name=region, config=CLIENT_CONFIG, **keys),
            sleep=lambda _seconds: None,
        )

    def call(self, operation: str, *outcomes: Outcome) -> tuple[list[Any], list[ScriptedAws]]:
        """Return what both return or raise, and what they sent."""
        aws = [ScriptedAws(*outcomes), ScriptedAws(*outcomes)]
        mine = Client(self._service, lambda: KEYS, aws[1].send)
        self._client.meta.events.register("before-send", aws[0].send)
        try:
            results = [_result(each, operation) for each in (self._client, mine)]
        finally:
            self._client.meta.events.unregister("before-send", aws[0].send)
        return results, aws


def _result(client: Any, operation: str) -> Any:
    """Return the response of `operation`, or the class and the content of the error."""
    try:
        found = getattr(client, xform_name(operation))(**parameters_of(operation))
    except ClientError as error:
        return (
            type(error).__name__,
            re.sub(r" \(reached max retries: \d\)", "", str(error)),
            _without_attempts(error.response),
        )
    except Exception as error:  # noqa: BLE001
        return type(error), str(error)
    if "Payload" in found:  # botocore's client streams it
        found["Payload"] = b""
    return _without_attempts(found)


def _without_attempts(response: Any) -> Any:
    metadata = {name: value for name, value in response["ResponseMetadata"].items() if name != "RetryAttempts"}
    return {**response, "ResponseMetadata": metadata}


def sent(request: Any) -> tuple[Any, ...]:
    """Return a request as it is sent, but for the user agent, to which other libraries add themselves."""
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() != "user-agent"}
    decoded = {name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
    return request.method, request.url, decoded, request.body
