"""A client for the identity provider: its endpoints, its signing keys, and the exchange of codes for tokens.

Sources: OpenID Connect Discovery 1.0 §4, OpenID Connect Core 1.0 §3.1.3, RFC 6749 §4.1 and §5.2, RFC 7636 (PKCE).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from gate.identity.authorization_error import UNLISTED_CODE
from gate.identity.client_authentication import ClientAuthentication
from gate.identity.discovery import discovery_document
from gate.identity.issuer_api import IssuerApi, IssuerResponse
from gate.identity.jwks import KeySet
from gate.identity.published import PublishedDocument
from gate.platform.clock import Clock
from gate.platform.log import logger
from gate.platform.secrets import SECRET_TTL
from gate.values.errors.base import GateError
from gate.values.errors.caller import InvalidTokenError
from gate.values.errors.sign_in import LoginFailedError, ProviderFailedError
from gate.values.errors.upstream import ClientRefusedError, IdentityProviderDownError

if TYPE_CHECKING:
    from jwt import PyJWK

SECRET_REREAD_AFTER = 10
"""Seconds between two reads of a client secret that the provider refuses, so that not every sign-in causes one."""

ClientSecret = Callable[[float], str]
"""Returns the client secret, read at most the given number of seconds ago. Raises a `GateError`."""

_CONFIGURATION_ERRORS = frozenset({"invalid_client", "invalid_scope", "unauthorized_client", "unsupported_grant_type"})
"""The client secret is wrong, or the registration does not allow this flow (RFC 6749 §5.2). No code can cause these."""


@dataclass(frozen=True, eq=False, repr=False)
class Tokens:
    """The tokens that a code was exchanged for. It has no `repr`, so that they are never printed."""

    id_token: str
    access_token: str | None
    """For the UserInfo endpoint. None if the provider sent none."""


class Provider:
    """The OpenID provider with a given issuer URL."""

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: ClientSecret | None = None, clock: Clock = time.time
    ):
        """`client_secret`: called for each code, so that a changed secret is used. None for a public client."""
        self.issuer = issuer
        self.client_id = client_id
        self._client_secret = client_secret
        self._authentication = ClientAuthentication(client_id)
        self._api = IssuerApi()
        self._metadata = PublishedDocument(self._fetch_metadata, clock=clock)
        self._keys = PublishedDocument(self._fetch_keys, clock=clock)

    def authorization_url(self, parameters: dict[str, str]) -> str:
        """Return the URL of the provider's sign-in page, with `parameters` added to its query.

        Raises the errors of `discovery_document`.
        """
        return _with_query(self._endpoint("authorization_endpoint"), parameters)

    def end_session_url(self, return_to: str) -> str | None:
        """Return the URL that ends the session at the provider, or None if the provider has none.

        Raises the errors of `discovery_document`.
        """
        if "end_session_endpoint" not in self._metadata.get():
            return None
        # `logout_uri` is Cognito's name for the `post_logout_redirect_uri` of OpenID Connect RP-Initiated Logout §2.
        parameters = {"client_id": self.client_id, "post_logout_redirect_uri": return_to, "logout_uri": return_to}
        return _with_query(self._endpoint("end_session_endpoint"), parameters)

    def redeem(self, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Exchange an authorization `code` for tokens.

        Raises `LoginFailedError` if the provider refuses the code, `ClientRefusedError` if it refuses the gate itself,
        `ProviderFailedError` if it refuses for another reason, `IdentityProviderDownError` if it fails, and the errors
        of `discovery_document` and of reading the client secret.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
            "client_id": self.client_id,
        }
        if self._client_secret is None:
            return self._redeem(form, "")
        secret = self._client_secret(SECRET_TTL)
        try:
            return self._redeem(form, secret)
        except ClientRefusedError:
            new_secret = self._client_secret(SECRET_REREAD_AFTER)
            if new_secret == secret:
                raise
            # The secret was changed. The code is still valid, because a provider authenticates the client before it
            # checks the code (RFC 6749 §4.1.3). A provider that invalidated the code anyway responds with
            # `invalid_grant`, and the person signs in again. It issued no tokens that this second use of the code
            # could revoke (§4.1.2).
            return self._redeem(form, new_secret)

    def user_info(self, access_token: str) -> IssuerResponse | None:
        """Return the response of the UserInfo endpoint, or None if the provider has no such endpoint.

        Raises `IdentityProviderBusyError` for 429, and `IdentityProviderDownError` for 5xx or without a response.
        """
        if "userinfo_endpoint" not in self._metadata.get():
            return None
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json, application/jwt"}
        return self._api.get("userinfo", self._endpoint("userinfo_endpoint"), headers)

    def key(self, key_id: str | None, algorithm: str) -> "PyJWK":
        """Return the signing key with the id `key_id` for `algorithm`. An issuer with a single key may omit the id.

        Raises `InvalidTokenError` if the provider has no such key, and `IdentityProviderDownError` if the keys cannot
        be fetched and the cached ones do not include it.
        """
        keys = self._keys.get()
        key = keys.find(key_id, algorithm)
        if key is None:
            keys = self._keys.refreshed()
            key = keys.find(key_id, algorithm)
        if key is None:
            raise InvalidTokenError if keys else IdentityProviderDownError
        return key

    def check(self) -> list[str]:
        """Check that the provider is usable, and return the PKCE methods that it lists (RFC 8414), which may be none.

        Raises the errors of `discovery_document`.
        """
        for name in ("authorization_endpoint", "token_endpoint"):
            self._endpoint(name)
        if not self._keys.get():
            raise IdentityProviderDownError
        return list(self._metadata.get().get("code_challenge_methods_supported", []))

    def _redeem(self, form: dict[str, str], secret: str) -> Tokens:
        if not secret:
            return self._exchange(form, {})
        supported = self._metadata.get().get("token_endpoint_auth_methods_supported")
        return self._authentication.send(
            secret, supported, lambda headers, fields: self._exchange({**form, **fields}, headers)
        )

    def _exchange(self, form: dict[str, str], headers: dict[str, str]) -> Tokens:
        response = self._api.post("token", self._endpoint("token_endpoint"), form, headers)
        tokens = [(response.body or {}).get(name) for name in ("id_token", "access_token")]
        id_token, access_token = (token if isinstance(token, str) else None for token in tokens)
        if response.status != 200 or id_token is None:
            raise _token_error(response)
        return Tokens(id_token, access_token)

    def _fetch_metadata(self) -> dict[str, Any]:
        return discovery_document(self._api, self.issuer)

    def _fetch_keys(self) -> KeySet:
        response = self._api.get("keys", self._endpoint("jwks_uri"))
        jwks = (response.body or {}).get("keys")
        if response.status != 200 or not isinstance(jwks, list):
            raise IdentityProviderDownError
        return KeySet(jwks)

    def _endpoint(self, name: str) -> str:
        url = self._metadata.get().get(name)
        # Codes and secrets are sent to the endpoints. Plain HTTP is accepted only if the issuer itself is on this
        # machine, and so has an HTTP URL.
        if not isinstance(url, str) or urlsplit(url).scheme not in {"https", urlsplit(self.issuer).scheme}:
            raise IdentityProviderDownError
        return url


def _token_error(response: IssuerResponse) -> GateError:
    """Return the error for a response of the token endpoint without a token, and log it.

    The error code takes precedence over the status, because some providers respond with 401 to a used code.
    """
    code = response.oauth_error
    error: GateError
    if code in _CONFIGURATION_ERRORS or (code is None and response.status == 401):
        error = ClientRefusedError()
    elif code == "invalid_grant":
        error = LoginFailedError()
    elif 400 <= response.status < 500 and response.body is not None:
        # Includes `invalid_request`: a client can send a code that the provider cannot even parse.
        error = ProviderFailedError()
    else:
        error = IdentityProviderDownError()
    # The level is WARNING only for errors that a client cannot cause with an invented code.
    log = logger.warning if error.status >= 500 else logger.info
    logged_code = code or (UNLISTED_CODE if "error" in (response.body or {}) else None)
    log("identity provider call failed", operation="token", status=response.status, code=logged_code)
    return error


def _with_query(url: str, parameters: dict[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(parameters)}"
