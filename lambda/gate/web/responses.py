"""Responses: redirects, JSON and pages, with their security headers."""

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

from gate.values.errors.base import GateError, NextPage
from gate.web.request import Request

if TYPE_CHECKING:
    from jinja2 import Environment

    from gate.web.page_header import PageHeader

_HEADERS = {
    # Responses are for one person, and most become invalid soon.
    "Cache-Control": "no-store",
    # The URL of a page can contain the name of a notebook, which other sites must not learn.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

STRICT_TRANSPORT_SECURITY = "max-age=31536000"
"""The header of every response on a custom domain: browsers use HTTPS only, for a year (RFC 6797 §6.1).

It lacks `includeSubDomains`, because subdomains may belong to other services, and `preload`, which only the owner of
the whole domain can decide on. Without a custom domain, the host belongs to AWS, and so does the decision.
"""


@dataclass(frozen=True, eq=False, repr=False)
class Response:
    """An HTTP response. It can contain cookies and a presigned URL, so it has no `repr`."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Sequence[Cookie] = ()

    def for_api_gateway(self, *, own_host: bool) -> dict[str, Any]:
        """Return the response in API Gateway's format (developer guide, "Output format of a Lambda function").

        `own_host`: whether the gate has its own host name (`Config.own_host`).
        """
        headers = {name: [value] for name, value in self.headers.items()}
        if own_host:
            headers["Strict-Transport-Security"] = [STRICT_TRANSPORT_SECURITY]
        if self.cookies:
            headers["Set-Cookie"] = [str(cookie) for cookie in self.cookies]
        return {"statusCode": self.status, "multiValueHeaders": headers, "body": self.body, "isBase64Encoded": False}


def redirect(location: str, *, status: int = 302, cookies: Sequence[Cookie] = ()) -> Response:
    """Return a redirect to the URL `location`."""
    return Response(status, headers={**_HEADERS, "Location": location}, cookies=cookies)


def json_response(body: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a response with `body` as JSON."""
    return Response(status, json.dumps(body), {"Content-Type": "application/json", **_HEADERS, **(headers or {})})


def page(
    template: str,
    *,
    header: "PageHeader",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    cookies: Sequence[Cookie] = (),
    **values: object,
) -> Response:
    """Return a response with the template `template` of `pages/`. `values`: its variables, which are escaped."""
    environment, policy = load_pages()
    body = environment.get_template(template).render(header=header, links=header.links, **values)
    page_headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    return Response(status, body, {**_HEADERS, **page_headers, **(headers or {})}, cookies)


def error_response(
    error: GateError, request: Request, *, header: "PageHeader", notebook: str = "", return_path: str | None = None
) -> Response:
    """Return a response that reports `error`, as JSON or as a page, with the reference that log lines have.

    `notebook`: what people call the notebook of the request; empty if it is about none. `return_path`: where the page's
    sign-in link returns to. The default is the path of `request`.
    """
    from gate.web.return_url import return_path_of  # which a redirect does not need

    headers = {**error.headers, **retry_headers(error, request)}
    if request.wants_json:
        body = {"error": error.reason, "message": error.advice, "reference": request.id, **error.details}
        return replace(json_response(body, status=error.status, headers=headers), cookies=error.cookies)
    fresh, back = error.next_page == NextPage.FRESH_SIGN_IN, return_path or return_path_of(request)
    return page(
        error.template,
        header=header,
        status=error.status,
        headers=headers,
        cookies=error.cookies,
        error=error,
        heading=error.heading(notebook),
        reference=request.id,
        sign_in=header.links.sign_in(back, fresh=fresh),
        sign_in_again=header.links.sign_in(back, fresh=True),
    )


def retry_headers(error: GateError, request: Request) -> dict[str, str]:
    """Return the headers that say when to retry after `error`. `Refresh` makes browsers retry automatically."""
    if error.retry_after is None:
        return {}
    headers = {"Retry-After": str(error.retry_after)}
    refresh_after = error.refresh_after()
    if refresh_after is not None and not request.wants_json and request.method == "GET":
        headers["Refresh"] = str(refresh_after)
    return headers


@cache
def load_pages() -> "tuple[Environment, str]":
    """Return the template environment of the pages, and their content security policy."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # here, because redirects do not need it

    from gate.web.durations import in_words
    from gate.web.people import name_of

    folder = Path(__file__).parents[1] / "pages"
    style = (folder / "style.css").read_text(encoding="utf-8")
    script = (folder / "page.js").read_text(encoding="utf-8")
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    environment.globals |= {"style": style, "script": script}
    environment.filters["date_time"] = _time
    environment.filters["with_end"] = _with_end
    environment.filters["length_of_time"] = in_words
    environment.filters["person"] = name_of
    # The policy allows the style sheet and the script by their hashes, and requests and forms to this site. It blocks
    # all other content, frames and requests.
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return environment, policy


def _time(seconds: float, *, end: bool = False) -> str:
    """Return epoch seconds as an element with the time in UTC, which the script changes to the reader's time zone.

    `end`: whether the script adds how long it is until then.
    """
    from markupsafe import Markup

    from gate.web.durations import UNKNOWN_TIME, date_time

    text = date_time(seconds)
    if text == UNKNOWN_TIME:
        return text
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup(f'<time datetime="{moment}"{" data-end" if end else ""}>{text}</time>')  # noqa: S704 - numbers alone


def _with_end(words: str, until: int) -> str:
    """Return `words` with the date and time of `until` (epoch seconds), if it is in them, as `_time` returns it."""
    from markupsafe import escape

    from gate.web.durations import date_time

    before, found, after = words.partition(date_time(until))
    return escape(before) + (_time(until, end=True) if found else "") + escape(after)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
