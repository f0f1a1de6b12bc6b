"""The identity provider: where people sign in, its signing keys, and the exchange of codes for tokens.

Sources: OpenID Connect Discovery 1.0 §4, OpenID Connect Core 1.0 §3.1.3, RFC 6749 §4.1 and §5.2, RFC 7636 (PKCE).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from gate.clock import Clock
from gate.errors.base import GateError
from gate.errors.caller import InvalidTokenError
from gate.errors.sign_in import LoginFailedError, ProviderFailedError
from gate.errors.upstream import ClientRefusedError, IdentityProviderDownError
from gate.identity.authorization_error import OTHER
from gate.identity.client_authentication import ClientAuthentication
from gate.identity.discovery import discovery_document
from gate.identity.issuer_api import Answer, IssuerApi
from gate.identity.jwks import KeySet
from gate.identity.published import PublishedDocument
from gate.log import logger
from gate.secrets import SECRET_TTL

if TYPE_CHECKING:
    from jwt import PyJWK

SECRET_REREAD_AFTER = 10
"""Seconds between two extra reads of a client secret that the provider refuses: each sign-in would cost one."""

ClientSecret = Callable[[float], str]
"""Returns the client's secret, which was read at most that many seconds ago. Raises a `GateError`."""

_SET_UP_WRONGLY = frozenset({"invalid_client", "invalid_scope", "unauthorized_client", "unsupported_grant_type"})
"""RFC 6749 §5.2: the client's secret is wrong, or its registration does not allow this flow. No code causes these."""


@dataclass(frozen=True, eq=False, repr=False)
class Tokens:
    """What a code was exchanged for. It is never printed."""

    id_token: str
    access_token: str | None
    """For the UserInfo endpoint. None where none came."""


class Provider:
    """One OpenID provider, found by its issuer URL."""

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: ClientSecret | None = None, clock: Clock = time.time
    ):
        """`client_secret`: asked at each redemption, so that a new one is taken up; None for a public client."""
        self.issuer = issuer
        self.client_id = client_id
        self._client_secret = client_secret
        self._authentication = ClientAuthentication(client_id)
        self._api = IssuerApi()
        self._metadata = PublishedDocument(self._fetch_metadata, clock=clock)
        self._keys = PublishedDocument(self._fetch_keys, clock=clock)

    def authorization_url(self, parameters: dict[str, str]) -> str:
        """Return where the browser goes to sign in, with `parameters` added to the provider's own address.

        Raises what `discovery_document` raises.
        """
        return _with_query(self._endpoint("authorization_endpoint"), parameters)

    def end_session_url(self, return_to: str) -> str | None:
        """Return where the browser ends the provider's session, or None where the provider has no such place.

        Raises what `discovery_document` raises.
        """
        if "end_session_endpoint" not in self._metadata.get():
            return None
        # `logout_uri` is Cognito's name for what OpenID Connect RP-Initiated Logout §2 calls the other.
        parameters = {"client_id": self.client_id, "post_logout_redirect_uri": return_to, "logout_uri": return_to}
        return _with_query(self._endpoint("end_session_endpoint"), parameters)

    def redeem(self, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Exchange an authorization `code` for tokens.

        Raises `LoginFailedError` when the provider refuses the code, `ClientRefusedError` when it refuses the gate
        itself, `ProviderFailedError` when it refuses and does not say why, `IdentityProviderDownError` when it fails,
        and what `discovery_document` and reading the client's secret raise.
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
            newer = self._client_secret(SECRET_REREAD_AFTER)
            if newer == secret:
                raise
            # The secret was changed. The code is still good: a provider authenticates the client before it looks at
            # the code (RFC 6749 §4.1.3). One that spent the code anyway has issued nothing for it that a second use
            # could revoke (§4.1.2), and answers `invalid_grant`: then the person signs in again.
            return self._redeem(form, newer)

    def user_info(self, access_token: str) -> Answer | None:
        """Return what the UserInfo endpoint answers to `access_token`; None where the provider has no such endpoint.

        Raises `IdentityProviderBusyError` for 429, `IdentityProviderDownError` for 5xx and where no answer comes.
        """
        if "userinfo_endpoint" not in self._metadata.get():
            return None
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json, application/jwt"}
        return self._api.get("userinfo", self._endpoint("userinfo_endpoint"), headers)

    def key(self, key_id: str | None, algorithm: str) -> "PyJWK":
        """Return the provider's signing key of that id for `algorithm`; an issuer with a single key may omit the id.

        Raises `InvalidTokenError` when the provider has no such key, `IdentityProviderDownError` when the keys
        can't be fetched and the known ones don't tell.
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
        """See that the provider can be used, and return the PKCE methods that it names (RFC 8414), if it names any.

        Raises what `discovery_document` raises.
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
        answer = self._api.post("token", self._endpoint("token_endpoint"), form, headers)
        tokens = [(answer.body or {}).get(name) for name in ("id_token", "access_token")]
        id_token, access_token = (token if isinstance(token, str) else None for token in tokens)
        if answer.status != 200 or id_token is None:
            raise _refusal(answer)
        return Tokens(id_token, access_token)

    def _fetch_metadata(self) -> dict[str, Any]:
        return discovery_document(self._api, self.issuer)

    def _fetch_keys(self) -> KeySet:
        answer = self._api.get("keys", self._endpoint("jwks_uri"))
        jwks = (answer.body or {}).get("keys")
        if answer.status != 200 or not isinstance(jwks, list):
            raise IdentityProviderDownError
        return KeySet(jwks)

    def _endpoint(self, name: str) -> str:
        url = self._metadata.get().get(name)
        # Codes and secrets go there: never over plain HTTP, unless the issuer itself is on this machine.
        if not isinstance(url, str) or urlsplit(url).scheme not in {"https", urlsplit(self.issuer).scheme}:
            raise IdentityProviderDownError
        return url


def _refusal(answer: Answer) -> GateError:
    """Return whose failure it is that the token endpoint gave no token, and log it.

    The provider's error code decides before the status: some answer 401 for a code that is spent.
    """
    code = answer.oauth_error
    error: GateError
    if code in _SET_UP_WRONGLY or (code is None and answer.status == 401):
        error = ClientRefusedError()
    elif code == "invalid_grant":
        error = LoginFailedError()
    elif 400 <= answer.status < 500 and answer.body is not None:
        # `invalid_request`, too: a code that a client makes up may be one that the provider can't even read.
        error = ProviderFailedError()
    else:
        error = IdentityProviderDownError()
    # What anybody's made-up code can cause is no warning.
    log = logger.warning if error.status >= 500 else logger.info
    told = code or (OTHER if "error" in (answer.body or {}) else None)
    log("identity provider call failed", operation="token", status=answer.status, code=told)
    return error


def _with_query(url: str, parameters: dict[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(parameters)}"
