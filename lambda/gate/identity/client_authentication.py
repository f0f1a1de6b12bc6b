"""How the gate proves to the token endpoint that it is the registered client.

Sources: RFC 6749 §2.3.1, OpenID Connect Core 1.0 §9, OpenID Connect Discovery 1.0 §3.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TypeVar
from urllib.parse import quote

import urllib3

from gate.errors.upstream import ClientRefusedError

_BASIC = "client_secret_basic"
_POST = "client_secret_post"

T = TypeVar("T")


class ClientAuthentication:
    """Sends the client's secret in the way that the provider accepts: in a header, or in the form."""

    def __init__(self, client_id: str):
        self._client_id = client_id
        self._accepted = _BASIC

    def send(
        self, secret: str, supported: Collection[str] | None, call: Callable[[dict[str, str], dict[str, str]], T]
    ) -> T:
        """Return what `call` returns for the headers and the form fields that prove the client by `secret`.

        `supported`: the methods that the discovery document names, or None where it names none. A provider that
        supports both may accept one alone from this client: its registration decides (Dynamic Client Registration
        §2), and nothing tells the gate. So the second is tried where the first is refused, and remembered.

        Raises `ClientRefusedError` when every method is refused, and what else `call` raises.
        """
        known = [method for method in (_BASIC, _POST) if method in (supported or (_BASIC,))] or [_POST]
        known.sort(key=lambda method: method != self._accepted)
        *others, last = known
        for method in others:
            with suppress(ClientRefusedError):
                return self._send_by(method, secret, call)
        return self._send_by(last, secret, call)

    def _send_by(self, method: str, secret: str, call: Callable[[dict[str, str], dict[str, str]], T]) -> T:
        answer = call(*self._proof(method, secret))
        self._accepted = method
        return answer

    def _proof(self, method: str, secret: str) -> tuple[dict[str, str], dict[str, str]]:
        if method == _POST:
            return {}, {"client_secret": secret}
        pair = f"{quote(self._client_id, safe='')}:{quote(secret, safe='')}"
        return dict(urllib3.make_headers(basic_auth=pair)), {}
