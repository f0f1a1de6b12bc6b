"""API Gateway's own error responses, before or instead of the function's, as a page or as JSON."""

import base64
import hashlib
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_apigateway as apigateway

from gate.values import version

_PAGE = (Path(__file__).parent / "pages" / "gateway.html").read_text(encoding="utf-8")
_STYLE = (Path(version.__file__).parents[1] / "pages" / "style.css").read_text(encoding="utf-8")
"""The style sheet of the function's pages."""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_HEADERS = {
    "Cache-Control": "'no-store'",
    "Referrer-Policy": "'no-referrer'",
    "X-Content-Type-Options": "'nosniff'",
    "Content-Security-Policy": f"\"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'\"",
}

# The same as the function's (lambda/gate/web/responses.py, with the reasons for what it leaves out).
_OWN_DOMAIN = {"Strict-Transport-Security": "'max-age=31536000'"}


@dataclass(frozen=True)
class _Response:
    kind: apigateway.ResponseType
    status: int | None
    """None: the status stays as it is."""
    reason: str
    title: str
    text: str
    page_text: str = ""
    """The text of the page, if it is not that of the JSON."""
    again: bool = False
    """Whether the page has a link to try again."""
    shows_address: bool = False
    """Whether the page shows the address that API Gateway saw."""
    retry_after: int = 0
    """Seconds after which a browser retries by itself; 0: it does not."""


_Kind = apigateway.ResponseType
_SIGNATURE = (
    403,
    "invalid_signature",
    "This address is for scripts",
    "The request's AWS signature (SigV4) is missing, wrong or too old. Sign it with current credentials.",
    "Use your bookmark, or choose from your notebooks.",
)
_RESPONSES = (
    _Response(_Kind.ACCESS_DENIED, 403, "outside_networks", "You are outside the networks",
              "The notebooks can be reached only from your company's networks. Join the VPN, then try again.",
              again=True, shows_address=True),
    _Response(_Kind.MISSING_AUTHENTICATION_TOKEN, 404, "not_found", "This page does not exist",
              "Check the address. Scripts that call /iam/open sign their requests with AWS credentials (SigV4).",
              "Check the address, or choose from your notebooks."),
    _Response(_Kind.INVALID_SIGNATURE, *_SIGNATURE),
    _Response(_Kind.EXPIRED_TOKEN, *_SIGNATURE),
    _Response(_Kind.THROTTLED, 429, "busy", "Many people are opening notebooks right now",
              "Leave this page open: it tries again by itself in a few seconds.",
              again=True, retry_after=5),
    _Response(_Kind.REQUEST_TOO_LARGE, 413, "too_large", "The request is too large",
              "No page of the gate sends requests of this size. Use your bookmark or the buttons on the page."),
    _Response(_Kind.INTEGRATION_TIMEOUT, 504, "too_slow", "This took too long",
              "Try again in a minute. If it happens again, send the reference to your platform team.", again=True),
    _Response(_Kind.DEFAULT_4_XX, None, "bad_request", "The request is not valid",
              "Use your bookmark or the buttons on the page."),
    _Response(_Kind.DEFAULT_5_XX, None, "internal", "Something went wrong",
              "Try again. If it happens again, send the reference to your platform team.", again=True),
)  # fmt: skip
"""The responses of API Gateway, the general ones at the end. Kinds that are not listed get the general text."""


def add_gateway_responses(api: apigateway.RestApi, *, own_domain: bool, home: str) -> None:
    """Add the error responses to `api`. `home`: the link to the list of notebooks."""
    headers = _HEADERS | (_OWN_DOMAIN if own_domain else {})
    for response in _RESPONSES:
        body = {"error": response.reason, "message": response.text, "reference": "$context.requestId"}
        seconds = f"'{response.retry_after}'"
        retry = {"Refresh": seconds, "Retry-After": seconds} if response.retry_after else {}
        api.add_gateway_response(
            response.reason.replace("_", "-") + "-" + response.kind.response_type.lower().replace("_", "-"),
            type=response.kind,
            status_code=str(response.status) if response.status else None,
            response_headers={**headers, **retry},
            templates={"text/html": _page(response, home), "application/json": json.dumps(body)},
        )


def _page(response: _Response, home: str) -> str:
    # An empty address is that of the page itself. API Gateway does not escape what it fills in, so the page has nothing
    # of a request that could contain markup, such as `$context.path`.
    notebooks = f'href="{html.escape(home)}">Your notebooks</a>'
    links = f'<a class="button" {notebooks}'
    if response.again:
        links = f'<a class="button" href="">Try again</a> <a {notebooks}'
    parts = {
        "style": _STYLE,
        "home": html.escape(home),
        "title": html.escape(response.title),
        "text": html.escape(response.page_text or response.text),
        "links": f'<p class="acts">{links}</p>',
        "facts": "Your address is <code>$context.identity.sourceIp</code>. " if response.shows_address else "",
    }
    return re.sub(r"\{(\w+)\}", lambda match: parts[match[1]], _PAGE)
