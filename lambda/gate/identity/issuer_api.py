"""Calls the identity provider. Time and size are limited. Failures are logged without the content of requests."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from gate.platform.log import logger
from gate.platform.transport import Connections
from gate.values.errors.upstream import IdentityProviderBusyError, IdentityProviderDownError

MAX_DOCUMENT_BYTES = 1 << 20
"""Maximum size of a response. Larger ones are errors or attacks."""

OAUTH_ERRORS = frozenset(
    {
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)
"""The error codes of the token endpoint (RFC 6749 §5.2). No other text of the provider is logged."""


@dataclass(frozen=True, eq=False, repr=False)
class IssuerResponse:
    """A response of the provider. It may contain tokens, so it has no `repr`."""

    status: int
    """Never 429 or 5xx, which are raised as errors."""
    body: dict[str, Any] | None
    """None if the body is not a JSON object."""
    media_type: str = ""
    """The content type without its parameters, in lower case (RFC 9110 §8.3)."""
    text: str = ""
    """The body, such as a JWT. Empty if it is not ASCII, or larger than `MAX_DOCUMENT_BYTES`."""

    @property
    def oauth_error(self) -> str | None:
        """The error code if it is one of `OAUTH_ERRORS`, or None."""
        code = (self.body or {}).get("error")
        return code if isinstance(code, str) and code in OAUTH_ERRORS else None


class IssuerApi:
    """An HTTP client for the issuer's endpoints. Connections are reused."""

    def __init__(self) -> None:
        self._connections = Connections()

    def get(self, operation: str, url: str, headers: dict[str, str] | None = None) -> IssuerResponse:
        """Fetch `url`. `operation`: name of the call in the log.

        Raises `IdentityProviderBusyError` for 429, and `IdentityProviderDownError` for 5xx or without a response.
        """
        return self._send(operation, "GET", url, headers=headers)

    def post(self, operation: str, url: str, form: dict[str, str], headers: dict[str, str]) -> IssuerResponse:
        """Send `form` to `url`. Raises the errors of `get`."""
        headers = {**headers, "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return self._send(operation, "POST", url, body=urlencode(form), headers=headers)

    def _send(self, operation: str, method: str, url: str, **options: Any) -> IssuerResponse:
        try:
            response, data = self._connections.exchange(method, url, max_bytes=MAX_DOCUMENT_BYTES + 1, **options)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _down_error(operation, type(error).__name__) from None
        if response.status == 429:
            _log(operation, "429")
            raise IdentityProviderBusyError
        if response.status >= 500:
            raise _down_error(operation, str(response.status))
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return IssuerResponse(response.status, _json_object(data), media_type, _ascii(data))


def _down_error(operation: str, code: str) -> IdentityProviderDownError:
    _log(operation, code)
    return IdentityProviderDownError()


def _log(operation: str, code: str) -> None:
    logger.warning("identity provider call failed", operation=operation, code=code)


def _json_object(data: bytes) -> dict[str, Any] | None:
    if len(data) > MAX_DOCUMENT_BYTES:
        return None
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _ascii(data: bytes) -> str:
    return data.decode() if data.isascii() and len(data) <= MAX_DOCUMENT_BYTES else ""
