"""Authenticates the gate at the token endpoint.

Sources: RFC 6749 §2.3.1, OpenID Connect Core 1.0 §9, OpenID Connect Discovery 1.0 §3.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TypeVar
from urllib.parse import quote

import urllib3

from gate.values.errors.upstream import ClientRefusedError

_BASIC = "client_secret_basic"
_POST = "client_secret_post"

T = TypeVar("T")


class ClientAuthentication:
    """Sends the client's secret by a method that the provider accepts: in a header or in the form."""

    def __init__(self, client_id: str):
        self._client_id = client_id
        self._accepted_method = _BASIC

    def send(
        self, secret: str, supported: Collection[str] | None, call: Callable[[dict[str, str], dict[str, str]], T]
    ) -> T:
        """Call `call` with the headers and form fields that authenticate the client, and return its result.

        `supported`: the methods in the discovery document, or None if it lists none. A provider that supports both
        methods may accept only one of them from this client, depending on the client's registration (Dynamic Client
        Registration §2). The gate cannot find out which one. If the provider refuses the first method, the second one
        is tried. An accepted method is remembered.

        Raises `ClientRefusedError` if the provider refuses every method, and the other errors of `call`.
        """
        methods = [method for method in (_BASIC, _POST) if method in (supported or (_BASIC,))] or [_POST]
        methods.sort(key=lambda method: method != self._accepted_method)
        *others, last = methods
        for method in others:
            with suppress(ClientRefusedError):
                return self._send_with(method, secret, call)
        return self._send_with(last, secret, call)

    def _send_with(self, method: str, secret: str, call: Callable[[dict[str, str], dict[str, str]], T]) -> T:
        response = call(*self._credentials(method, secret))
        self._accepted_method = method
        return response

    def _credentials(self, method: str, secret: str) -> tuple[dict[str, str], dict[str, str]]:
        if method == _POST:
            return {}, {"client_secret": secret}
        credentials = f"{quote(self._client_id, safe='')}:{quote(secret, safe='')}"
        return dict(urllib3.make_headers(basic_auth=credentials)), {}
