"""What a provider says of a person: the ID token, and the UserInfo endpoint for what is not in it.

With the code flow, claims that were asked for by scope come from UserInfo (OpenID Connect Core 1.0 §5.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gate.identity.groups import find_claim, json_type, read_groups

Source = Literal["id_token", "userinfo"]


@dataclass(frozen=True)
class ClaimRules:
    """How the deployment reads the claims of its issuer."""

    user_claim: str
    groups_claim: str
    groups: Sequence[str]
    """Shell-style patterns; groups that match none are left out. Without any, nobody's groups are asked for."""
    trust_email: bool
    """Believe `email` although the issuer does not say `email_verified`."""

    @property
    def user_claims(self) -> tuple[str, ...]:
        """The claims without which nobody knows who a person is."""
        vouched = self.user_claim == "email" and not self.trust_email
        return ("email", "email_verified") if vouched else (self.user_claim,)


@dataclass(frozen=True)
class SeenClaim:
    """One claim that came: where from, and nothing of what it says."""

    name: str
    type: str
    """The name of its JSON type."""
    source: Source


class Claims:
    """The claims of one person. A claim that is null counts as absent."""

    def __init__(self, id_token: Mapping[str, Any], user_info: Mapping[str, Any] | None = None):
        """`user_info`: of the same person. The ID token's claims come first."""
        self._documents: dict[Source, Mapping[str, Any]] = {"id_token": id_token, "userinfo": user_info or {}}

    def user(self, rules: ClaimRules) -> dict[str, Any]:
        """Return the claims `rules.user_claims`, null where one is absent.

        All of them are of one document. An address from one with another's `email_verified` would let somebody in
        under an address that nobody has verified.
        """
        found = [{name: document.get(name) for name in rules.user_claims} for document in self._documents.values()]
        whole = [claims for claims in found if None not in claims.values()]
        partial = [claims for claims in found if claims[rules.user_claim] is not None]
        return [*whole, *partial, *found][0]

    def groups(self, rules: ClaimRules) -> tuple[tuple[str, ...], str]:
        """Return the groups that can matter to a grant, and why they are unknown: see `Caller.groups_problem`."""
        if not rules.groups:
            return (), ""
        value = self._find(rules.groups_claim)
        if value is None:
            return (), "overage" if self._overage(rules.groups_claim) else "absent"
        groups = read_groups(value, rules.groups)
        return ((), json_type(value)) if groups is None else (groups, "")

    def lacks(self, rules: ClaimRules) -> bool:
        """Tell whether a claim is absent that UserInfo may have."""
        if None in self.user(rules).values():
            return True
        return self.groups(rules)[1] == "absent"

    def seen(self, path: str) -> tuple[SeenClaim, ...]:
        """Return each claim that came, once, by the document that counts for it where it names nobody.

        What `path` leads to within a claim is one of them.
        """
        found: dict[str, SeenClaim] = {}
        for source, document in self._documents.items():
            within = find_claim(document, path)
            for name, value in {**document, **({} if within is None else {path: within})}.items():
                if name not in found or found[name].type == "null":
                    found[name] = SeenClaim(name, json_type(value), source)
        return tuple(found.values())

    def _find(self, path: str) -> Any:
        values = (find_claim(document, path) for document in self._documents.values())
        return next((value for value in values if value is not None), None)

    def _overage(self, groups_claim: str) -> bool:
        """Tell whether a pointer came instead of the groups, as Entra ID sends it for people in over 200 of them.

        Sources: OpenID Connect Core 1.0 §5.6.2 (`_claim_names`); Microsoft identity platform, "Access token claims
        reference", `hasgroups`: sent instead of `groups`.
        """
        for document in self._documents.values():
            pointers = document.get("_claim_names")
            if isinstance(pointers, dict) and groups_claim in pointers:
                return True
            if groups_claim == "groups" and document.get("hasgroups") in (True, "true"):
                return True
        return False
