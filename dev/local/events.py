"""Converts HTTP requests to the events of API Gateway (REST, proxy integration), and a function's results to answers.

Source: API Gateway developer guide, "Lambda proxy integrations in API Gateway".
"""

import base64
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import CIMultiDict

from local.resolved_template import Route
from local.template import ACCOUNT, API_ID, REGION

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class HttpRequest:
    """A request as it was received."""

    method: str
    path: str
    """The path below the stage, still percent-encoded."""
    query: str
    headers: Pairs = field(repr=False)
    body: bytes = field(repr=False)
    address: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Match:
    """The route of a request, and the values of its path parameters."""

    route: Route
    parameters: dict[str, str]


def find_route(routes: Sequence[Route], request: HttpRequest) -> Match | None:
    """Return the route of `request`, or None when there is none."""
    for route in routes:
        found = re.fullmatch(path_pattern(route.path), request.path)
        if found and route.method == request.method:
            return Match(route, found.groupdict())
    return None


def path_pattern(resource: str) -> str:
    """Return the regular expression of the paths that API Gateway matches to `resource`, such as `/open/{notebook}`.

    A slash at the end of the path changes nothing (docs/first-deploy.md). The path of the event has it nevertheless.
    """
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(resource))
    return pattern if resource == "/" else f"{pattern}/?"


def event_of(request: HttpRequest, match: Match, *, stage: str, base_path: str, user_arn: str | None) -> dict[str, Any]:
    """Return the event for `request`. `base_path`: the prefix of the path in the address, `/STAGE` or empty."""
    query = parse_qsl(request.query, keep_blank_values=True)
    text = _text(request.body)
    now = time.time()
    domain = {name.lower(): value for name, value in request.headers}.get("host", "")
    return {
        "resource": match.route.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(request.headers) or None,
        "multiValueHeaders": _grouped(request.headers) or None,
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": match.parameters or None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "local",
            "resourcePath": match.route.path,
            "httpMethod": request.method,
            "extendedRequestId": request.id,
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "requestTimeEpoch": int(now * 1000),
            "path": base_path + request.path,
            "accountId": ACCOUNT,
            "protocol": "HTTP/1.1",
            "stage": stage,
            "domainName": domain,
            "domainPrefix": domain.split(".")[0],
            "requestId": request.id,
            "apiId": API_ID,
            "identity": {
                "accessKey": None,
                "accountId": ACCOUNT if user_arn else None,
                "caller": None,
                "cognitoAuthenticationProvider": None,
                "cognitoAuthenticationType": None,
                "cognitoIdentityId": None,
                "cognitoIdentityPoolId": None,
                "principalOrgId": None,
                "sourceIp": request.address,
                "user": None,
                "userAgent": dict(request.headers).get("User-Agent"),
                "userArn": user_arn,
            },
        },
        "body": base64.b64encode(request.body).decode() if text is None else text or None,
        "isBase64Encoded": text is None,
    }


def method_arn(request: HttpRequest, stage: str) -> str:
    """Return the ARN of `request` in the API's resource policy.

    The evaluator rejects the ARN of the root path, which ends with a slash. A second slash changes no match.
    It treats an asterisk as a wildcard, so asterisks are encoded.
    """
    path = "//" if request.path == "/" else request.path.replace("*", "%2A")
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API_ID}/{stage}/{request.method}{path}"


def answer_of(result: Any) -> web.Response:
    """Return the answer that `result` of a function stands for.

    Raises `ValueError` for a malformed result, to which API Gateway answers 502.
    """
    if not isinstance(result, dict) or not isinstance(result.get("statusCode"), int):
        raise ValueError("the function's result has no status code")  # noqa: TRY004
    headers = CIMultiDict((name, str(value)) for name, value in (result.get("headers") or {}).items())
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers.extend((name, str(value)) for value in values)
    body = result.get("body") or ""
    data = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
    return web.Response(status=result["statusCode"], headers=headers, body=data)


def _grouped(pairs: Pairs) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
