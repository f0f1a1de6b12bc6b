"""Fetches claims from the UserInfo endpoint. They count only if they are about the person who signed in.

Source: OpenID Connect Core 1.0 §5.3.
"""

from typing import TYPE_CHECKING, Any

from gate.identity.id_token import signed_claims
from gate.identity.issuer_api import IssuerResponse
from gate.identity.provider import Provider
from gate.platform.log import logger
from gate.values.errors.caller import InvalidTokenError

if TYPE_CHECKING:
    from jwt.types import Options


BEARER_ERRORS = frozenset({"invalid_request", "invalid_token", "insufficient_scope"})
"""The error codes of the endpoint (RFC 6750 §3.1). No other text of the provider is logged."""


def user_info(access_token: str, *, subject: str, provider: Provider) -> dict[str, Any]:
    """Return the claims about `subject`, the `sub` of the ID token.

    They are empty if the provider has no UserInfo endpoint, or if its response is unusable. The log then has the cause.
    Raises `InvalidTokenError` if the claims are about another person, `IdentityProviderBusyError` for 429, and
    `IdentityProviderDownError` for 5xx or without a response.
    """
    response = provider.user_info(access_token)
    if response is None:
        return {}
    claims = _claims(response, provider)
    if isinstance(claims, str):
        logger.warning("identity provider call failed", operation="userinfo", status=response.status, code=claims)
        return {}
    # An attacker could inject the access token of another sign-in. It must not change who signs in (§5.3.2).
    if claims.get("sub") != subject:
        logger.warning("the user info is about another person", operation="userinfo")
        raise InvalidTokenError
    return claims


def _claims(response: IssuerResponse, provider: Provider) -> dict[str, Any] | str:
    """Return the claims in `response`, or a code for the log if there are none."""
    if response.status != 200:
        code = (response.body or {}).get("error")
        return code if isinstance(code, str) and code in BEARER_ERRORS else "refused"
    match response.media_type:
        case "application/json":
            return "not_json" if response.body is None else response.body
        case "application/jwt":
            return _verified(response.text, provider)
    return "content_type"


def _verified(token: str, provider: Provider) -> dict[str, Any] | str:
    # Issuer and audience are optional (§5.3.2), but must be correct if they are present.
    options: Options = {"verify_aud": False, "verify_iss": False}
    try:
        claims = signed_claims(token.strip(), provider=provider, options=options)
    except InvalidTokenError:
        return "bad_token"
    audience = claims.get("aud", provider.client_id)
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss", provider.issuer) != provider.issuer or provider.client_id not in audiences:
        return "another_audience"
    return claims
