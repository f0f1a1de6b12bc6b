"""Parses API Gateway events (REST API, format 1.0)."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SLACK_HEADERS = ("x-slack-signature", "x-slack-request-timestamp")

# "Cubot" in a user agent is a brand of telephones.
_ROBOT = re.compile(r"(?<!cu)bot\b|imgproxy|preview|crawler|spider|externalhit", re.IGNORECASE)


@dataclass(frozen=True, eq=False, repr=False)
class Request:
    """An HTTP request. It contains tokens and cookies, so it has no `repr`."""

    id: str
    """API Gateway's request id. People see it as the reference, and log lines have it."""
    method: str
    path: str
    """Relative to the base path."""
    resource: str
    """The route that API Gateway matched, such as `/open/{notebook}`."""
    parameters: Mapping[str, str]
    """The values of the route's path parameters, still percent-encoded."""
    host: str
    """The host name that API Gateway was reached by."""
    address: str
    """The IP address that API Gateway saw. Headers cannot change it."""
    headers: Mapping[str, str]
    """Names are in lower case. Several values of one name are joined by commas."""
    query: Mapping[str, str]
    """The first value of each name."""
    cookies: Mapping[str, str]
    iam_arn: str | None
    """The ARN of the identity that signed the request, for routes with the IAM authorizer."""
    body: bytes
    """The body as it was sent."""
    function_arn: str
    """The ARN by which the function was invoked: that of its alias, if it has one."""

    @property
    def wants_json(self) -> bool:
        """Whether the client prefers JSON to a page."""
        accept = self.headers.get("accept", "")
        return "application/json" in accept and "text/html" not in accept

    @property
    def by_script(self) -> bool:
        """Whether the script of a page sent the request in the background (Fetch standard, `Sec-Fetch-Dest`)."""
        return self.headers.get("sec-fetch-dest") == "empty"

    @property
    def bearer(self) -> str | None:
        """The token of the `Authorization: Bearer` header (RFC 6750), or None."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    @property
    def speculative(self) -> bool:
        """Whether the request is a prefetch, a link preview, or loads a part of another page.

        Sources: Fetch standard (`Sec-Purpose`, `Sec-Fetch-Dest`), older headers with the same purpose, and the user
        agents of link previews (for Slack: docs.slack.dev, "Slack robots").
        """
        if _ROBOT.search(self.headers.get("user-agent", "")):
            return True
        purposes = " ".join(self.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
        marked = any(word in purposes.lower() for word in ("prefetch", "prerender", "preview"))
        return marked or self.headers.get("sec-fetch-dest", "document") not in ("document", "empty")

    def sent_from(self, origin: str) -> bool:
        """Return whether a form was sent from a page of `origin` (`https://host`).

        `Sec-Fetch-Site` takes precedence, because with `Referrer-Policy: no-referrer` browsers send `Origin: null`
        with forms (Fetch standard, "append a request Origin header"). Older browsers send the origin and no fetch
        metadata.
        """
        site = self.headers.get("sec-fetch-site")
        return self.headers.get("origin") == origin if site is None else site == "same-origin"

    def to_forward(self) -> dict[str, str]:
        """Return the parts of a signed request of Slack that another function needs to verify it again."""
        headers = {name: self.headers.get(name, "") for name in _SLACK_HEADERS}
        return {"id": self.id, "address": self.address, "body": self.body.decode("utf-8", "replace"), **headers}

    @classmethod
    def forwarded(cls, parts: Mapping[str, Any]) -> "Request":
        """Return the request that `to_forward` described. Parts that are absent or unusable count as empty."""
        text = {name: str(parts.get(name) or "") for name in ("id", "address", "body", *_SLACK_HEADERS)}
        return cls(
            id=text["id"],
            method="POST",
            path="/slack",
            resource="/slack",
            parameters={},
            host="",
            address=text["address"],
            headers={name: text[name] for name in _SLACK_HEADERS},
            query={},
            cookies={},
            iam_arn=None,
            body=text["body"].encode("utf-8", "surrogatepass"),
            function_arn="",
        )

    @classmethod
    def from_event(cls, event: Mapping[str, Any], function_arn: str) -> "Request":
        """Parse `event`, a proxy event of an API Gateway REST API. Parts that are absent count as empty."""
        context = event.get("requestContext") or {}
        identity = context.get("identity") or {}
        headers = {name.lower(): values for name, values in (event.get("multiValueHeaders") or {}).items() if values}
        return cls(
            id=context.get("requestId") or "",
            method=event.get("httpMethod") or "",
            path=event.get("path") or "",
            resource=event.get("resource") or "",
            parameters=event.get("pathParameters") or {},
            host=context.get("domainName") or "",
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
    return base64.b64decode(text) if event.get("isBase64Encoded") is True else text.encode("utf-8", "surrogatepass")


def _cookies(lines: list[str]) -> dict[str, str]:
    # The first of several cookies with the same name is used: browsers send the one with the longest path first
    # (RFC 6265 §5.4). `http.cookies` is not used, because it discards all cookies if one is malformed.
    cookies: dict[str, str] = {}
    for pair in ";".join(lines).split(";"):
        # Strip only spaces and tabs (RFC 6265 §4.2.1). Browsers do not protect a `__Host-` prefix after other white
        # space. If it were stripped here, a sibling domain could forge a `__Host-` cookie.
        name, separator, value = pair.strip(" \t").partition("=")
        if separator:
            cookies.setdefault(name, value)
    return cookies
