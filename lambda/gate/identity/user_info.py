"""Asks the UserInfo endpoint who signed in, and believes it only about that very person.

Source: OpenID Connect Core 1.0 §5.3.
"""

from typing import TYPE_CHECKING, Any

from gate.errors.caller import InvalidTokenError
from gate.identity.id_token import signed_claims
from gate.identity.issuer_api import Answer
from gate.identity.provider import Provider
from gate.log import logger

if TYPE_CHECKING:
    from jwt.types import Options


BEARER_ERRORS = frozenset({"invalid_request", "invalid_token", "insufficient_scope"})
"""The endpoint's error codes (RFC 6750 §3.1). No other text of the provider's is ever logged."""


def user_info(access_token: str, *, subject: str, provider: Provider) -> dict[str, Any]:
    """Return what the provider says of `subject`, the ID token's `sub`.

    Empty where it has no such endpoint, or its answer can't be used: then the log says why.
    Raises `InvalidTokenError` where it speaks of somebody else, `IdentityProviderBusyError` for 429,
    `IdentityProviderDownError` for 5xx and where no answer comes.
    """
    answer = provider.user_info(access_token)
    if answer is None:
        return {}
    claims = _claims(answer, provider)
    if isinstance(claims, str):
        logger.warning("identity provider call failed", operation="userinfo", status=answer.status, code=claims)
        return {}
    # §5.3.2: an access token of another sign-in, slipped in beside the ID token, must not make somebody else of them.
    if claims.get("sub") != subject:
        logger.warning("the user info is about somebody else", operation="userinfo")
        raise InvalidTokenError
    return claims


def _claims(answer: Answer, provider: Provider) -> dict[str, Any] | str:
    """Return the claims, or a word that says why there are none."""
    if answer.status != 200:
        code = (answer.body or {}).get("error")
        return code if isinstance(code, str) and code in BEARER_ERRORS else "refused"
    match answer.media_type:
        case "application/json":
            return "not_json" if answer.body is None else answer.body
        case "application/jwt":
            return _signed(answer.text, provider)
    return "content_type"


def _signed(token: str, provider: Provider) -> dict[str, Any] | str:
    # Issuer and audience need not be there (§5.3.2), but another's are no good.
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
