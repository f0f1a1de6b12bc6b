"""Verifies ID tokens and other JWTs of the provider: signature, issuer, audience, times and nonce.

Source: OpenID Connect Core 1.0 §3.1.3.7.
"""

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gate.identity.jwks import ALGORITHMS
from gate.identity.provider import Provider
from gate.platform.signing import CLOCK_SKEW
from gate.values.errors.caller import InvalidTokenError

if TYPE_CHECKING:
    from jwt.types import Options

MAX_TOKEN_LENGTH = 262_144
"""Maximum length in characters. The token of a person with a thousand groups is shorter."""


def verified_claims(
    token: str, *, provider: Provider, nonce: str | None = None, audiences: Sequence[str] = ()
) -> dict[str, Any]:
    """Verify the ID token `token` and return its claims. If `nonce` is given, the token must contain it.

    `audiences`: accepted client ids, in addition to the gate's own. A sign-in must not pass any, because an attacker
    could inject an ID token that was issued to another application.
    Raises `InvalidTokenError`, or `IdentityProviderDownError` if the keys cannot be fetched.
    """
    clients = (provider.client_id, *audiences)
    claims = signed_claims(
        token,
        provider=provider,
        audience=clients,
        issuer=provider.issuer,
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )
    has_several_audiences = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (has_several_audiences or "azp" in claims) and claims.get("azp") not in clients:
        raise InvalidTokenError
    if nonce is not None and not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise InvalidTokenError
    return claims


def signed_claims(token: str, *, provider: Provider, options: "Options", **expected: Any) -> dict[str, Any]:
    """Return the claims of a JWT that `provider` signed.

    `options` and `expected`: arguments of PyJWT's `decode` that describe the required claims.
    Raises `InvalidTokenError`, or `IdentityProviderDownError` if the keys cannot be fetched.
    """
    import jwt  # not at the top: with cryptography it is the slowest import, and requests with a session do not need it

    if len(token) > MAX_TOKEN_LENGTH:
        raise InvalidTokenError
    try:
        header = jwt.get_unverified_header(token)
        # Checked before the key is looked up, so that a forged token causes no request to the issuer.
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
