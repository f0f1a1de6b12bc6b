"""What the routes need of an API Gateway v1 event, read once and kept plain."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Not Cubot, which makes telephones.
_ROBOT = re.compile(r"(?<!cu)bot\b|imgproxy|preview|crawler|spider|externalhit", re.IGNORECASE)


@dataclass(frozen=True, eq=False, repr=False)
class Request:
    """One HTTP request, as API Gateway handed it over. It holds tokens and cookies: never printed."""

    id: str
    """API Gateway's request id: the reference that people see and that finds the log line."""
    method: str
    path: str
    """Below the gate's own base path."""
    resource: str
    """The route that API Gateway matched, such as `/open/{notebook}`."""
    parameters: Mapping[str, str]
    """What stands in the path for the route's variables, still encoded."""
    address: str
    """The caller's address as API Gateway saw it; no header can change it."""
    headers: Mapping[str, str]
    """Names in lower case; several values of one name joined by commas."""
    query: Mapping[str, str]
    """The first value of each name."""
    cookies: Mapping[str, str]
    iam_arn: str | None
    """Who signed the request, where the route is guarded by IAM."""
    body: bytes
    """As it was sent."""
    function_arn: str
    """By which the function was invoked: its alias, where it has one."""

    @property
    def wants_json(self) -> bool:
        """Whether the client asked for JSON rather than a page."""
        accept = self.headers.get("accept", "")
        return "application/json" in accept and "text/html" not in accept

    @property
    def bearer(self) -> str | None:
        """The token of an `Authorization: Bearer` header (RFC 6750), if there is one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    @property
    def speculative(self) -> bool:
        """Whether nobody asked for it yet: a prefetch, a preview, or a part of some page.

        Sources: Fetch standard (`Sec-Purpose`, `Sec-Fetch-Dest`), the older headers of the same use, and the names
        by which previewers of links call themselves (Slack's: docs.slack.dev, "Slack robots").
        """
        if _ROBOT.search(self.headers.get("user-agent", "")):
            return True
        purposes = " ".join(self.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
        marked = any(word in purposes.lower() for word in ("prefetch", "prerender", "preview"))
        return marked or self.headers.get("sec-fetch-dest", "document") not in ("document", "empty")

    def sent_from(self, origin: str) -> bool:
        """Tell whether a form was sent from a page of `origin` (`https://host`).

        `Sec-Fetch-Site` comes first: under `Referrer-Policy: no-referrer` browsers send `Origin: null` with forms
        (Fetch standard, "append a request Origin header"). Older browsers send the origin and no fetch metadata.
        """
        site = self.headers.get("sec-fetch-site")
        return self.headers.get("origin") == origin if site is None else site == "same-origin"

    @classmethod
    def from_event(cls, event: Mapping[str, Any], function_arn: str) -> "Request":
        """Read `event`, an API Gateway REST (v1) proxy event; absent parts count as empty."""
        context = event["requestContext"]
        identity = context.get("identity") or {}
        headers = {name.lower(): values for name, values in (event.get("multiValueHeaders") or {}).items() if values}
        return cls(
            id=context.get("requestId") or "",
            method=event.get("httpMethod") or "",
            path=event.get("path") or "",
            resource=event.get("resource") or "",
            parameters=event.get("pathParameters") or {},
            address=identity.get("sourceIp") or "",
            headers={name: ",".join(values) for name, values in headers.items()},
            query={
                name: values[0]
                for name, values in (event.get("multiValueQueryStringParameters") or {}).items()
                if values
            },
            cookies=_cookies(headers.get("cookie", [])),
            iam_arn=identity.get("userArn"),
            body=_body(event),
            function_arn=function_arn,
        )


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    return base64.b64decode(text) if event.get("isBase64Encoded") else text.encode("utf-8", "surrogatepass")


def _cookies(lines: list[str]) -> dict[str, str]:
    # The first of two cookies with one name wins: browsers send the one with the longer path first (RFC 6265
    # §5.4), and http.cookies would throw all of them away for one malformed neighbour.
    cookies: dict[str, str] = {}
    for pair in ";".join(lines).split(";"):
        # Spaces and tabs alone (RFC 6265 §4.2.1). Browsers give no prefix's protection to a name that begins with some
        # other white space, and to strip that here would make a `__Host-` cookie of a sibling host's forgery.
        name, separator, value = pair.strip(" \t").partition("=")
        if separator:
            cookies.setdefault(name, value)
    return cookies
