"""What API Gateway itself says, before or instead of the function, as a page or as JSON."""

import base64
import hashlib
import html
import json
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_apigateway as apigateway

_PAGE = (Path(__file__).parent / "pages" / "gateway.html").read_text(encoding="utf-8")
_STYLE = _PAGE.partition("<style>")[2].partition("</style>")[0]
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_HEADERS = {
    "Cache-Control": "'no-store'",
    "Referrer-Policy": "'no-referrer'",
    "X-Content-Type-Options": "'nosniff'",
    "Content-Security-Policy": f"\"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'\"",
}

# As the function sends it (lambda/gate/web/responses.py, with the reason for what is not in it).
_OWN_DOMAIN = {"Strict-Transport-Security": "'max-age=31536000'"}


@dataclass(frozen=True)
class _Words:
    kind: apigateway.ResponseType
    status: int
    reason: str
    title: str
    text: str
    again: int = 0
    """Seconds after which a browser tries again by itself, where that makes sense."""


_OUTSIDE = "The notebooks can be reached from your company's networks only. Join the VPN, then try again."
_SIGNATURE = "The request's AWS signature (SigV4) is missing, wrong or too old. Sign it with current credentials."

_RESPONSES = (
    _Words(apigateway.ResponseType.ACCESS_DENIED, 403, "outside_networks", "You are outside the networks", _OUTSIDE),
    _Words(
        apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN,
        404,
        "not_found",
        "There is no such page",
        "Check the address. Scripts that call /iam/open sign their requests with AWS credentials (SigV4).",
    ),
    _Words(apigateway.ResponseType.INVALID_SIGNATURE, 403, "invalid_signature", "Not signed as it must be", _SIGNATURE),
    _Words(apigateway.ResponseType.EXPIRED_TOKEN, 403, "invalid_signature", "Not signed as it must be", _SIGNATURE),
    _Words(
        apigateway.ResponseType.THROTTLED,
        429,
        "busy",
        "Many people are opening notebooks right now",
        "Leave this page open: it tries again by itself in a few seconds.",
        again=5,
    ),
    _Words(
        apigateway.ResponseType.REQUEST_TOO_LARGE,
        413,
        "too_large",
        "The request is too large",
        "Nothing here needs that much. Use your bookmark, or the buttons on the page.",
    ),
    _Words(
        apigateway.ResponseType.INTEGRATION_TIMEOUT,
        504,
        "too_slow",
        "This took too long",
        "Try again in a minute. If it stays, send the reference to your platform team.",
    ),
)

_ANY_4XX = _Words(
    apigateway.ResponseType.DEFAULT_4_XX,
    0,
    "bad_request",
    "That request was not understood",
    "Use your bookmark, or the buttons on the page.",
)
_ANY_5XX = _Words(
    apigateway.ResponseType.DEFAULT_5_XX,
    0,
    "internal",
    "Something went wrong",
    "This is our fault. Try again; if it stays, send the reference to your platform team.",
)


def add_gateway_responses(api: apigateway.RestApi, *, own_domain: bool) -> None:
    """Give `api` its own words for each refusal; other kinds keep their status and get the general words."""
    headers = _HEADERS | (_OWN_DOMAIN if own_domain else {})
    for words in (*_RESPONSES, _ANY_4XX, _ANY_5XX):
        body = {"error": words.reason, "message": words.text, "reference": "$context.requestId"}
        page = _PAGE.replace("{title}", html.escape(words.title)).replace("{text}", html.escape(words.text))
        again = {"Refresh": f"'{words.again}'", "Retry-After": f"'{words.again}'"} if words.again else {}
        api.add_gateway_response(
            words.reason.replace("_", "-") + "-" + words.kind.response_type.lower().replace("_", "-"),
            type=words.kind,
            status_code=str(words.status) if words.status else None,
            response_headers={**headers, **again},
            templates={"text/html": page, "application/json": json.dumps(body)},
        )
