"""Answers: redirects, JSON and pages, each with the headers that keep it safe."""

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.shared.cookies import Cookie

from gate.errors import GateError, ThrottledError, UnauthenticatedError
from gate.request import Request

if TYPE_CHECKING:
    from jinja2 import Environment

_HEADERS = {
    # Everything here is for one person, and most of it for one moment.
    "Cache-Control": "no-store",
    # A page's address may name a notebook, and the next site is not to know from where somebody came.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def redirect(location: str, *, status: int = 302, cookies: Sequence[Cookie] = ()) -> Response[str]:
    """Answer with `status` and send the client on to `location`."""
    return Response(status, headers={**_HEADERS, "Location": location}, body="", cookies=list(cookies))


def document(body: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> Response[str]:
    """Answer with `body` as JSON."""
    return Response(status, "application/json", json.dumps(body), {**_HEADERS, **(headers or {})})


def page(
    template: str,
    *,
    base_path: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
    cookies: Sequence[Cookie] = (),
    **values: object,
) -> Response[str]:
    """Answer with the page `template` of `pages/`; `values` are escaped where they appear in it."""
    environment, policy = _pages()
    body = environment.get_template(template).render(base=base_path, **values)
    return Response(
        status,
        "text/html; charset=utf-8",
        body,
        {**_HEADERS, "Content-Security-Policy": policy, **(headers or {})},
        list(cookies),
    )


def failure(error: GateError, request: Request, *, base_path: str) -> Response[str]:
    """Tell `error` to the caller, as JSON or as a page, with the reference that finds the log line."""
    headers = retry_headers(error, request)
    if isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 §11.6.1: every 401 names a way in
    if request.wants_json:
        body = {"error": error.reason, "message": error.words, "reference": request.id, **error.details}
        return document(body, status=error.status, headers=headers)
    return page(
        "error.html", base_path=base_path, status=error.status, headers=headers, error=error, reference=request.id
    )


def retry_headers(error: GateError, request: Request) -> dict[str, str]:
    """Return the headers that say when to try `error` again; people's browsers do so by themselves when throttled."""
    if error.retry_after is None:
        return {}
    headers = {"Retry-After": str(error.retry_after)}
    if isinstance(error, ThrottledError) and not request.wants_json and request.method == "GET":
        # With jitter: not all of those who were turned away at once, at once again.
        headers["Refresh"] = str(error.retry_after + secrets.randbelow(error.retry_after + 1))
    return headers


@cache
def _pages() -> "tuple[Environment, str]":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # here, since a redirect needs none of it

    folder = Path(__file__).parent / "pages"
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
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
