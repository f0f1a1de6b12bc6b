"""Identifies people by the tokens of the provider."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.identity.claims import ClaimRules, Claims, is_true
from gate.identity.groups import json_type
from gate.identity.id_token import verified_claims
from gate.identity.provider import Provider, Tokens
from gate.identity.user_info import user_info
from gate.platform.log import logger
from gate.store.sign_in_report import SignInReport
from gate.values.caller import Caller, Via, normal_address
from gate.values.errors.caller import EmailNotVerifiedError, TokenLacksClaimError, UserUnknownError
from gate.values.principal import normal_user


@dataclass(frozen=True)
class Person:
    """A person whom the provider identified, with the facts that grants depend on."""

    user: str
    """The value of the claim that names users, in its normal form."""
    groups: tuple[str, ...]
    issued_at: int
    """Epoch seconds at which the ID token was issued."""
    groups_problem: str = ""
    """See `Caller.groups_problem`."""

    def caller(self, via: Via, address: str) -> Caller:
        """Return this person as the caller of a request from the IP address `address`."""
        return Caller(
            f"user:{self.user}", self.groups, via, address, self.issued_at, groups_problem=self.groups_problem
        )


def person_signing_in(
    tokens: Tokens, *, provider: Provider, rules: ClaimRules, nonce: str, report: SignInReport
) -> Person:
    """Return the person who signed in and received `tokens`. `nonce`: the nonce of the sign-in.

    The UserInfo endpoint is called if a claim is not in the ID token. `report`: receives the claims, also if they do
    not identify anybody.
    Raises `InvalidTokenError`, `UserUnknownError`, `EmailNotVerifiedError`, and the errors of `user_info`.
    """
    id_token = verified_claims(tokens.id_token, provider=provider, nonce=nonce)
    claims = Claims(id_token)
    report.claims = claims.received(rules.groups_claim)
    if claims.is_incomplete(rules) and tokens.access_token is not None:
        claims = Claims(id_token, user_info(tokens.access_token, subject=id_token["sub"], provider=provider))
        report.claims = claims.received(rules.groups_claim)
    return _person(claims, rules, int(id_token["iat"]))  # PyJWT checked that it is a number


def person_of(token: str, *, provider: Provider, rules: ClaimRules, audiences: Sequence[str]) -> Person:
    """Return the person that `token`, an ID token sent as a bearer token, identifies.

    `audiences`: accepted client ids, in addition to the gate's own.
    Raises `InvalidTokenError`, `TokenLacksClaimError`, `UserUnknownError`, `EmailNotVerifiedError`, or
    `IdentityProviderDownError` if the keys cannot be fetched.
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
    user_claims = claims.user(rules)
    value = user_claims[rules.user_claim]
    if rules.user_claim == "email" and value is not None:
        user = normal_address(value)
        if user is None or not (rules.trust_email or is_true(user_claims["email_verified"])):
            raise EmailNotVerifiedError
        return user
    user = normal_user(value)
    if user is None:
        problem = "absent" if value is None else json_type(value)
        logger.warning("the user's claim can't be used", claim=rules.user_claim, problem=problem)
        raise UserUnknownError
    return user
