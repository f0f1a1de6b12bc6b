"""Calls to the identity provider: bounded in time and size, and each failure logged without anything that was sent."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from gate.errors.upstream import IdentityProviderBusyError, IdentityProviderDownError
from gate.log import logger
from gate.transport import Connections

MAX_DOCUMENT_BYTES = 1 << 20
"""Bytes read of any answer; more is nonsense or an attack."""

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
"""The token endpoint's error codes (RFC 6749 §5.2). No other text of the provider's is ever logged."""


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """What the provider answered. It may hold tokens, so it is never printed."""

    status: int
    """Neither 429 nor 5xx: these are raised as errors."""
    body: dict[str, Any] | None
    """None where no JSON object came."""
    media_type: str = ""
    """The content type without its parameters, in lower case (RFC 9110 §8.3)."""
    text: str = ""
    """What came, where it is ASCII and no more than `MAX_DOCUMENT_BYTES`, as a JWT is."""

    @property
    def oauth_error(self) -> str | None:
        """The error code, where it is one of `OAUTH_ERRORS`."""
        code = (self.body or {}).get("error")
        return code if isinstance(code, str) and code in OAUTH_ERRORS else None


class IssuerApi:
    """The HTTP client for everything at the issuer. Connections are kept."""

    def __init__(self) -> None:
        self._connections = Connections()

    def get(self, operation: str, url: str, headers: dict[str, str] | None = None) -> Answer:
        """Fetch `url`; `operation` names it in the log.

        Raises `IdentityProviderBusyError` for 429, `IdentityProviderDownError` for 5xx and where no answer comes.
        """
        return self._send(operation, "GET", url, headers=headers)

    def post(self, operation: str, url: str, form: dict[str, str], headers: dict[str, str]) -> Answer:
        """Send `form` to `url`. Raises what `get` raises."""
        headers = {**headers, "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return self._send(operation, "POST", url, body=urlencode(form), headers=headers)

    def _send(self, operation: str, method: str, url: str, **options: Any) -> Answer:
        try:
            answer, data = self._connections.exchange(method, url, max_bytes=MAX_DOCUMENT_BYTES + 1, **options)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _down(operation, type(error).__name__) from None
        if answer.status == 429:
            _log(operation, "429")
            raise IdentityProviderBusyError
        if answer.status >= 500:
            raise _down(operation, str(answer.status))
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(answer.status, _json_object(data), media_type, _ascii(data))


def _down(operation: str, code: str) -> IdentityProviderDownError:
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
