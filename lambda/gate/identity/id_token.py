"""From an ID token to a person: signature, issuer, audience, times, e-mail address and groups.

Source: OpenID Connect Core 1.0 §3.1.3.7.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from gate.errors import EmailNotVerifiedError, InvalidTokenError, TooManyGroupsError
from gate.identity.caller import normal_address, normal_group
from gate.identity.jwks import ALGORITHMS
from gate.identity.provider import Provider
from gate.signing import CLOCK_SKEW

LONGEST_TOKEN = 262_144
"""Characters; somebody in a thousand groups still gets a clear answer, and no more is worth verifying."""


@dataclass(frozen=True)
class Person:
    """What an ID token says of somebody, as far as it can matter to a grant."""

    email: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class ClaimRules:
    """How the deployment reads the claims of its issuer."""

    groups_claim: str
    groups: Sequence[str]
    """Shell-style patterns; groups that match none are left out."""
    trust_email: bool
    """Believe `email` although the issuer does not say `email_verified`."""


def person_of(token: str, *, provider: Provider, rules: ClaimRules, nonce: str | None = None) -> Person:
    """Verify `token` and return whom it names. With `nonce`, the token must carry that very one.

    Raises `InvalidTokenError`, `EmailNotVerifiedError` or `TooManyGroupsError`; `IdentityProviderDownError`
    when the keys can't be fetched.
    """
    claims = _verified(token, provider)
    if nonce is not None and not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise InvalidTokenError
    email = normal_address(claims.get("email"))
    # Some issuers write booleans as strings.
    if email is None or not (rules.trust_email or claims.get("email_verified") in (True, "true")):
        raise EmailNotVerifiedError
    return Person(email, _groups(claims, rules))


def _verified(token: str, provider: Provider) -> dict[str, Any]:
    import jwt  # here, because with its cryptography it is the slowest import, and an open session needs none of it

    if len(token) > LONGEST_TOKEN:
        raise InvalidTokenError
    try:
        header = jwt.get_unverified_header(token)
        # Before the key is looked up, so that a forged token costs no request to the issuer.
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise InvalidTokenError
        claims: dict[str, Any] = jwt.decode(
            token,
            key=provider.key(header.get("kid"), algorithm),
            algorithms=[algorithm],
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=CLOCK_SKEW,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise InvalidTokenError from None
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != provider.client_id:
        raise InvalidTokenError
    return claims


def _groups(claims: dict[str, Any], rules: ClaimRules) -> tuple[str, ...]:
    # Entra ID sends a pointer instead of the names beyond 200 groups ("overage").
    pointers = claims.get("_claim_names")
    if claims.get("hasgroups") or (isinstance(pointers, dict) and rules.groups_claim in pointers):
        raise TooManyGroupsError
    value = claims.get(rules.groups_claim, [])
    names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    groups = {group for name in names if (group := normal_group(name)) is not None}
    return tuple(sorted(group for group in groups if matters(group, rules.groups)))


def matters(group: str, patterns: Sequence[str]) -> bool:
    """Tell whether `group` can matter to a grant, by the deployment's patterns."""
    return any(fnmatchcase(group, pattern) for pattern in patterns)
