"""Answers: redirects, JSON and pages, each with the headers that keep it safe."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.shared.cookies import Cookie

from gate.errors.base import GateError
from gate.web.request import Request
from gate.web.return_url import return_path_of, sign_in_path

if TYPE_CHECKING:
    from jinja2 import Environment

_HEADERS = {
    # Everything here is for one person, and most of it for one moment.
    "Cache-Control": "no-store",
    # A page's address may name a notebook, and the next site is not to know from where somebody came.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

STRICT_TRANSPORT_SECURITY = "max-age=31536000"
"""For an own domain, on every answer: a year of HTTPS alone (RFC 6797 §6.1).

No `includeSubDomains`, since names below the gate's may be somebody else's, and no `preload`, which only the owner of
the whole domain can decide. Under a stage path the host is AWS's, and what it demands is AWS's to say.
"""


@dataclass(frozen=True, eq=False, repr=False)
class Response:
    """One answer. It may hold cookies and a presigned URL, so nothing of it is ever printed."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Sequence[Cookie] = ()

    def for_api_gateway(self, *, own_host: bool) -> dict[str, Any]:
        """Write it as API Gateway takes it (developer guide, "Output format of a Lambda function").

        `own_host`: whether the gate has a host name to itself.
        """
        headers = {name: [value] for name, value in self.headers.items()}
        if own_host:
            headers["Strict-Transport-Security"] = [STRICT_TRANSPORT_SECURITY]
        if self.cookies:
            headers["Set-Cookie"] = [str(cookie) for cookie in self.cookies]
        return {"statusCode": self.status, "multiValueHeaders": headers, "body": self.body, "isBase64Encoded": False}


def redirect(location: str, *, status: int = 302, cookies: Sequence[Cookie] = ()) -> Response:
    """Answer with `status` and send the client on to `location`."""
    return Response(status, headers={**_HEADERS, "Location": location}, cookies=cookies)


def document(body: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with `body` as JSON."""
    return Response(status, json.dumps(body), {"Content-Type": "application/json", **_HEADERS, **(headers or {})})


def page(
    template: str,
    *,
    base_path: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
    cookies: Sequence[Cookie] = (),
    **values: object,
) -> Response:
    """Answer with the page `template` of `pages/`; `values` are escaped where they appear in it."""
    environment, policy = pages()
    body = environment.get_template(template).render(base=base_path, **values)
    own = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    return Response(status, body, {**_HEADERS, **own, **(headers or {})}, cookies)


def failure(
    error: GateError, request: Request, *, base_path: str, cookies: Sequence[Cookie] = (), target: str | None = None
) -> Response:
    """Tell `error` to the caller, as JSON or as a page, with the reference that finds the log line.

    `target`: the path of ours to which signing in leads from there; by default, to where `request` was going.
    """
    headers = {**error.headers, **retry_headers(error, request)}
    if request.wants_json:
        body = {"error": error.reason, "message": error.words, "reference": request.id, **error.details}
        return replace(document(body, status=error.status, headers=headers), cookies=cookies)
    return page(
        error.template,
        base_path=base_path,
        status=error.status,
        headers=headers,
        cookies=cookies,
        error=error,
        reference=request.id,
        sign_in=f"{base_path}{sign_in_path(target or return_path_of(request))}",
    )


def retry_headers(error: GateError, request: Request) -> dict[str, str]:
    """Return the headers that say when to retry after `error`. `Refresh` makes a browser retry by itself."""
    if error.retry_after is None:
        return {}
    headers = {"Retry-After": str(error.retry_after)}
    refresh_after = error.refresh_after()
    if refresh_after is not None and not request.wants_json and request.method == "GET":
        headers["Refresh"] = str(refresh_after)
    return headers


@cache
def pages() -> "tuple[Environment, str]":
    """Return where pages come from, and the content security policy that they are sent with."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # here, since a redirect needs none of it

    folder = Path(__file__).parents[1] / "pages"
    style = (folder / "style.css").read_text(encoding="utf-8")
    script = (folder / "page.js").read_text(encoding="utf-8")
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    environment.globals |= {"style": style, "script": script}
    environment.filters["when"] = _when
    # The one style sheet and the one script are allowed by their hashes; the script asks this site alone; nothing
    # else is loaded, framed or sent elsewhere.
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return environment, policy


def _when(seconds: float) -> str:
    """Write epoch seconds as a date and time. A moment that no date can hold is no reason to fail a page."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
