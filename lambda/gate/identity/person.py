"""From what a provider signed to a person: who they are, and their groups."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.errors.caller import EmailNotVerifiedError, TokenLacksClaimError, UserUnknownError
from gate.identity.caller import Caller, Via, normal_address
from gate.identity.claims import ClaimRules, Claims
from gate.identity.groups import json_type
from gate.identity.id_token import verified_claims
from gate.identity.principal import normal_user
from gate.identity.provider import Provider, Tokens
from gate.identity.sign_in_report import SignInReport
from gate.identity.user_info import user_info
from gate.log import logger


@dataclass(frozen=True)
class Person:
    """What a provider says of somebody, as far as it can matter to a grant."""

    user: str
    """The value of the user's claim, in the form in which it is compared."""
    groups: tuple[str, ...]
    issued_at: int
    """Epoch seconds at which the issuer made the ID token."""
    groups_problem: str = ""
    """As in `Caller`."""

    def caller(self, via: Via, address: str) -> Caller:
        """Return this person as who calls from `address`."""
        return Caller(
            f"user:{self.user}", self.groups, via, address, self.issued_at, groups_problem=self.groups_problem
        )


def person_signing_in(
    tokens: Tokens, *, provider: Provider, rules: ClaimRules, nonce: str, report: SignInReport
) -> Person:
    """Return who signed in and was given `tokens`; `nonce`: that of the sign-in.

    The UserInfo endpoint is asked when a claim is not in the ID token. `report` gets the claims that came, also where
    they name nobody.
    Raises `InvalidTokenError`, `UserUnknownError`, `EmailNotVerifiedError`, and what `user_info` raises.
    """
    id_token = verified_claims(tokens.id_token, provider=provider, nonce=nonce)
    claims = Claims(id_token)
    report.claims = claims.seen(rules.groups_claim)
    if claims.lacks(rules) and tokens.access_token is not None:
        claims = Claims(id_token, user_info(tokens.access_token, subject=id_token["sub"], provider=provider))
        report.claims = claims.seen(rules.groups_claim)
    return _person(claims, rules, int(id_token["iat"]))  # PyJWT has seen that it is a number


def person_of(token: str, *, provider: Provider, rules: ClaimRules, audiences: Sequence[str]) -> Person:
    """Return whom the bearer token `token`, an ID token, names.

    `audiences`: client ids that count beside the gate's own.
    Raises `InvalidTokenError`, `TokenLacksClaimError`, `UserUnknownError` or `EmailNotVerifiedError`;
    `IdentityProviderDownError` when the keys can't be fetched.
    """
    id_token = verified_claims(token, provider=provider, audiences=audiences)
    claims = Claims(id_token)
    for name, value in claims.user(rules).items():
        if value is None:
            raise TokenLacksClaimError(name)
    return _person(claims, rules, int(id_token["iat"]))


def _person(claims: Claims, rules: ClaimRules, issued_at: int) -> Person:
    groups, problem = claims.groups(rules)
    return Person(_user(claims, rules), groups, issued_at, problem)


def _user(claims: Claims, rules: ClaimRules) -> str:
    found = claims.user(rules)
    value = found[rules.user_claim]
    if rules.user_claim == "email" and value is not None:
        user = normal_address(value)
        # Some issuers write booleans as strings.
        if user is None or not (rules.trust_email or found["email_verified"] in (True, "true")):
            raise EmailNotVerifiedError
        return user
    user = normal_user(value)
    if user is None:
        kind = "absent" if value is None else json_type(value)
        logger.warning("the user's claim can't be used", claim=rules.user_claim, problem=kind)
        raise UserUnknownError
    return user
