"""Verifies ID tokens, and what else the provider signs: signature, issuer, audience, times, nonce.

Source: OpenID Connect Core 1.0 §3.1.3.7.
"""

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gate.errors.caller import InvalidTokenError
from gate.identity.jwks import ALGORITHMS
from gate.identity.provider import Provider
from gate.signing import CLOCK_SKEW

if TYPE_CHECKING:
    from jwt.types import Options

MAX_TOKEN_LENGTH = 262_144
"""Characters; somebody in a thousand groups still gets a clear answer, and no more is worth verifying."""


def verified_claims(
    token: str, *, provider: Provider, nonce: str | None = None, audiences: Sequence[str] = ()
) -> dict[str, Any]:
    """Verify the ID token `token` and return its claims. With `nonce`, the token must carry that very one.

    `audiences`: client ids that count beside the gate's own. Never at the end of a sign-in: an ID token that another
    application got must not be slipped in there.
    Raises `InvalidTokenError`, or `IdentityProviderDownError` when the keys can't be fetched.
    """
    clients = (provider.client_id, *audiences)
    claims = signed_claims(
        token,
        provider=provider,
        audience=clients,
        issuer=provider.issuer,
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") not in clients:
        raise InvalidTokenError
    if nonce is not None and not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise InvalidTokenError
    return claims


def signed_claims(token: str, *, provider: Provider, options: "Options", **expected: Any) -> dict[str, Any]:
    """Return the claims of a JWT that `provider` signed.

    `options` and `expected`: PyJWT's, for what the claims must be.
    Raises `InvalidTokenError`, or `IdentityProviderDownError` when the keys can't be fetched.
    """
    import jwt  # here, because with its cryptography it is the slowest import, and an open session needs none of it

    if len(token) > MAX_TOKEN_LENGTH:
        raise InvalidTokenError
    try:
        header = jwt.get_unverified_header(token)
        # Before the key is looked up, so that a forged token costs no request to the issuer.
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise InvalidTokenError
        key = provider.key(header.get("kid"), algorithm)
        claims: dict[str, Any] = jwt.decode(
            token, key=key, algorithms=[algorithm], leeway=CLOCK_SKEW, options=options, **expected
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise InvalidTokenError from None
    return claims
