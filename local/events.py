"""From an HTTP request to the event that API Gateway (REST, proxy integration) hands to a function, and back.

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

from local.resolved_template import Route
from local.template import ACCOUNT, API_ID, REGION

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came in over the socket."""

    method: str
    path: str
    """Below the stage, as it was sent: still encoded."""
    query: str
    headers: Pairs = field(repr=False)
    body: bytes = field(repr=False)
    address: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Match:
    """The route that a request takes, and what its parameters stand for."""

    route: Route
    parameters: dict[str, str]


def find_route(routes: Sequence[Route], request: HttpRequest) -> Match | None:
    """Return the route of `request`, or None when API Gateway has none for it."""
    for route in routes:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
        found = re.fullmatch(pattern, request.path)
        if found and route.method == request.method:
            return Match(route, found.groupdict())
    return None


def event_of(request: HttpRequest, match: Match, *, stage: str, base_path: str, user_arn: str | None) -> dict[str, Any]:
    """Write the event for `request`. `base_path`: what stands before the path in the address (`/prod`, or nothing)."""
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
    """Return the ARN by which the API's resource policy knows the request.

    The evaluator does not know the root's ARN, which ends with its one slash; a second slash changes no match.
    It would take an asterisk for a pattern.
    """
    path = "//" if request.path == "/" else request.path.replace("*", "%2A")
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API_ID}/{stage}/{request.method}{path}"


@dataclass(frozen=True)
class HttpAnswer:
    """What goes back over the socket."""

    status: int
    headers: Pairs = field(repr=False)
    body: bytes = field(repr=False)


def answer_of(result: Any) -> HttpAnswer:
    """Read a function's answer. Raises `ValueError` when API Gateway would call it malformed and answer 502."""
    if not isinstance(result, dict) or not isinstance(result.get("statusCode"), int):
        raise ValueError("the function's answer has no status code")  # noqa: TRY004
    headers = [(name, str(value)) for name, value in (result.get("headers") or {}).items()]
    headers += [
        (name, str(value)) for name, values in (result.get("multiValueHeaders") or {}).items() for value in values
    ]
    body = result.get("body") or ""
    data = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
    return HttpAnswer(result["statusCode"], headers, data)


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
