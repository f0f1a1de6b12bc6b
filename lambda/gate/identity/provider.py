"""The identity provider: its discovery document, its signing keys, and the exchange of codes for tokens.

Sources: OpenID Connect Discovery 1.0 §4, OpenID Connect Core 1.0 §3.1.3, RFC 7636 (PKCE).
"""

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3

from gate.errors import IdentityProviderDownError, InvalidTokenError, LoginFailedError
from gate.http import patience, pool
from gate.signing import Clock

if TYPE_CHECKING:
    from jwt import PyJWK

DOCUMENT_LIFETIME = 3600
"""Seconds for which the discovery document and the keys are believed."""

KEYS_PATIENCE = 60
"""Seconds between two fetches of the keys: tokens with made-up key ids must not make us hammer the issuer."""

LONGEST_DOCUMENT = 1 << 20
"""Bytes read of any answer; more is nonsense or an attack."""


class Provider:
    """One OpenID provider, found by its issuer URL."""

    def __init__(self, *, issuer: str, client_id: str, client_secret: str, clock: Clock = time.time):
        """`client_secret`: empty for a public client."""
        self.issuer = issuer
        self.client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._http = pool()
        self._metadata: dict[str, Any] = {}
        self._metadata_at = float("-inf")
        self._keys: dict[str | None, PyJWK] = {}
        self._keys_at = float("-inf")

    def authorization_url(self, parameters: dict[str, str]) -> str:
        """Return where the browser goes to sign in, with `parameters` added to the provider's own address."""
        return _with_query(self._endpoint("authorization_endpoint"), parameters)

    def end_session_url(self, return_to: str) -> str | None:
        """Return where the browser ends the provider's session, or None where the provider has no such place."""
        if "end_session_endpoint" not in self._discovered():
            return None
        # `logout_uri` is Cognito's name for what OpenID Connect RP-Initiated Logout §2 calls the other.
        parameters = {"client_id": self.client_id, "post_logout_redirect_uri": return_to, "logout_uri": return_to}
        return _with_query(self._endpoint("end_session_endpoint"), parameters)

    def redeem(self, *, code: str, verifier: str, redirect_uri: str) -> str:
        """Exchange an authorization `code` for an ID token.

        Raises `LoginFailedError` when the provider refuses the code, `IdentityProviderDownError` when it fails.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
            "client_id": self.client_id,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self._client_secret:
            # client_secret_basic is the default where the document names no method (Discovery §3).
            methods = self._discovered().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            if "client_secret_basic" in methods:
                pair = f"{quote(self.client_id, safe='')}:{quote(self._client_secret, safe='')}"
                headers |= urllib3.make_headers(basic_auth=pair)
            else:
                form["client_secret"] = self._client_secret
        status, body = self._fetch("POST", self._endpoint("token_endpoint"), body=urlencode(form), headers=headers)
        if 400 <= status < 500:
            raise LoginFailedError
        token = body.get("id_token") if status == 200 else None
        if not isinstance(token, str):
            raise IdentityProviderDownError
        return token

    def key(self, key_id: str | None) -> "PyJWK":
        """Return the provider's signing key of that id; an issuer with a single key may leave the id out.

        Raises `InvalidTokenError` when the provider has no such key.
        """
        now = self._clock()
        age = now - self._keys_at
        if age > DOCUMENT_LIFETIME or (key_id not in self._keys and age > KEYS_PATIENCE):
            self._keys = self._fetch_keys()
            self._keys_at = now
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if key_id not in self._keys:
            raise InvalidTokenError
        return self._keys[key_id]

    def check(self) -> list[str]:
        """See that the provider can be used, and return the PKCE methods that it names (RFC 8414), if it names any.

        Raises `IdentityProviderDownError`.
        """
        for name in ("authorization_endpoint", "token_endpoint"):
            self._endpoint(name)
        self._fetch_keys()
        return list(self._discovered().get("code_challenge_methods_supported", []))

    def _fetch_keys(self) -> "dict[str | None, PyJWK]":
        from jwt import PyJWKSet
        from jwt.exceptions import PyJWTError

        status, body = self._fetch("GET", self._endpoint("jwks_uri"))
        try:
            keys = PyJWKSet.from_dict(body).keys if status == 200 else []
        except PyJWTError:
            keys = []
        if not keys:
            raise IdentityProviderDownError
        return {key.key_id: key for key in keys if key.public_key_use in (None, "sig")}

    def _discovered(self) -> dict[str, Any]:
        now = self._clock()
        if now - self._metadata_at > DOCUMENT_LIFETIME:
            url = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
            status, body = self._fetch("GET", url)
            # Discovery §4.3: the document must speak for the very issuer it was asked of.
            if status != 200 or body.get("issuer") != self.issuer:
                raise IdentityProviderDownError
            self._metadata, self._metadata_at = body, now
        return self._metadata

    def _endpoint(self, name: str) -> str:
        url = self._discovered().get(name)
        # Codes and secrets go there: never over plain HTTP, unless the issuer itself is on this machine.
        if not isinstance(url, str) or urlsplit(url).scheme not in {"https", urlsplit(self.issuer).scheme}:
            raise IdentityProviderDownError
        return url

    def _fetch(self, method: str, url: str, **options: Any) -> tuple[int, dict[str, Any]]:
        timeout = patience()
        if timeout is None:
            raise IdentityProviderDownError
        try:
            answer = self._http.request(method, url, redirect=False, preload_content=False, timeout=timeout, **options)
            try:
                data = answer.read(LONGEST_DOCUMENT + 1, decode_content=True)
            finally:
                answer.release_conn()
            body = json.loads(data) if len(data) <= LONGEST_DOCUMENT else None
        except (urllib3.exceptions.HTTPError, OSError, ValueError, RecursionError):
            raise IdentityProviderDownError from None
        if not isinstance(body, dict):
            raise IdentityProviderDownError
        return answer.status, body


def _with_query(url: str, parameters: dict[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(parameters)}"
