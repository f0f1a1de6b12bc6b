"""A person's claims, from the ID token and from the UserInfo endpoint.

In the code flow, claims that were requested by scope are returned by UserInfo (OpenID Connect Core 1.0 §5.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gate.identity.groups import find_claim, json_type, read_groups
from gate.values.received_claim import ReceivedClaim, Source


@dataclass(frozen=True)
class ClaimRules:
    """The deployment's settings for claims."""

    user_claim: str
    groups_claim: str
    groups: Sequence[str]
    """Shell-style patterns. Groups that match none of them are ignored. Empty if grants to groups are not used."""
    trust_email: bool
    """Accept `email` without `email_verified`."""

    @property
    def user_claims(self) -> tuple[str, ...]:
        """The names of the claims that identify a person."""
        needs_verified = self.user_claim == "email" and not self.trust_email
        return ("email", "email_verified") if needs_verified else (self.user_claim,)


def is_true(value: object) -> bool:
    """Return whether the claim `value` is true, as a boolean or as the text "true".

    Amazon Cognito documents the text for `email_verified` of UserInfo, and passes on the spelling of another provider
    (developer guide, "userInfo endpoint"). The number 1 is not true, although it equals `True` in Python.
    """
    return value is True or (isinstance(value, str) and value.lower() == "true")


class Claims:
    """The claims of one person. Null claims count as absent."""

    def __init__(self, id_token: Mapping[str, Any], user_info: Mapping[str, Any] | None = None):
        """`user_info`: claims of the same person from UserInfo. The claims of the ID token take precedence."""
        self._documents: dict[Source, Mapping[str, Any]] = {"id_token": id_token, "userinfo": user_info or {}}

    def user(self, rules: ClaimRules) -> dict[str, Any]:
        """Return the claims `rules.user_claims`, with None for absent ones.

        All of them are from one document. If the address and `email_verified` were from different documents, a person
        could sign in with an unverified address.
        """
        candidates = [{name: document.get(name) for name in rules.user_claims} for document in self._documents.values()]
        complete = [claims for claims in candidates if None not in claims.values()]
        partial = [claims for claims in candidates if claims[rules.user_claim] is not None]
        return [*complete, *partial, *candidates][0]

    def groups(self, rules: ClaimRules) -> tuple[tuple[str, ...], str]:
        """Return the groups that match `rules.groups`, and why they are unknown (see `Caller.groups_problem`)."""
        if not rules.groups:
            return (), ""
        value = self._find(rules.groups_claim)
        if value is None:
            return (), "overage" if self._is_overage(rules.groups_claim) else "absent"
        groups = read_groups(value, rules.groups)
        return ((), json_type(value)) if groups is None else (groups, "")

    def is_incomplete(self, rules: ClaimRules) -> bool:
        """Return whether a needed claim is absent, so that UserInfo may have it."""
        if None in self.user(rules).values():
            return True
        return self.groups(rules)[1] == "absent"

    def received(self, path: str) -> tuple[ReceivedClaim, ...]:
        """Return each claim that the provider sent, once, with the document that takes precedence as its source.

        The value at `path` within a claim counts as a claim.
        """
        received: dict[str, ReceivedClaim] = {}
        for source, document in self._documents.items():
            nested = find_claim(document, path)
            for name, value in {**document, **({} if nested is None else {path: nested})}.items():
                if name not in received or received[name].type == "null":
                    received[name] = ReceivedClaim(name, json_type(value), source)
        return tuple(received.values())

    def _find(self, path: str) -> Any:
        values = (find_claim(document, path) for document in self._documents.values())
        return next((value for value in values if value is not None), None)

    def _is_overage(self, groups_claim: str) -> bool:
        """Return whether the provider sent a pointer instead of the groups. Entra ID does so for more than 200 groups.

        Sources: OpenID Connect Core 1.0 §5.6.2 (`_claim_names`); Microsoft identity platform, "Access token claims
        reference", `hasgroups`: sent instead of `groups`.
        """
        for document in self._documents.values():
            pointer_names = document.get("_claim_names")
            if isinstance(pointer_names, dict) and groups_claim in pointer_names:
                return True
            if groups_claim == "groups" and is_true(document.get("hasgroups")):
                return True
        return False
