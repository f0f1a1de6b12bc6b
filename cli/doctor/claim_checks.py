"""Checks a reported sign-in against the `[identity]` settings: which configured claims arrived, and from where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cli.doctor.checks import Check, Level
from gate.config import Config
from gate.errors.caller import EmailNotVerifiedError, UserUnknownError
from gate.identity.claims import ReceivedClaim

_SOURCES = {"id_token": "the ID token", "userinfo": "the UserInfo endpoint"}
_TYPES = {"array": "a list", "object": "an object", "string": "a string", "boolean": "a boolean", "number": "a number"}
_NO_GROUPS = frozenset({"aud", "amr"})
"""Lists in most ID tokens that are no groups (OpenID Connect Core §2)."""


@dataclass(frozen=True)
class Report:
    """The result of a sign-in."""

    outcome: str
    """`allowed`, or the reason code of the refusal."""
    reference: str
    """Finds the log line."""
    claims: tuple[ReceivedClaim, ...]


def look_at_sign_in(config: Config, report: Report | None) -> Iterator[Check]:
    """Yield one finding after the other; `report`: None where nobody signed in."""
    if report is None:
        mend = "Sign in in time; where the page of the identity provider never comes, look at the front door above."
        yield Check("sign-in", "bad", "nobody signed in", mend)
        return
    if report.outcome == "allowed":
        yield Check("sign-in", "ok", f"you are signed in (reference {report.reference})")
    else:
        mend = "docs/reasons.md says what that is, and the function's log has a line with the reference."
        yield Check("sign-in", "bad", f"refused: {report.outcome} (reference {report.reference})", mend)
    if report.claims:
        yield _user(config, report)
        if config.user_claim == "email" and not config.trust_email:
            yield _verified(report)
        yield _groups(config, report.claims)


def _user(config: Config, report: Report) -> Check:
    name, claim = config.user_claim, _find(config.user_claim, report.claims)
    if claim is None:
        mend = "Have the provider send it, or name another claim in identity.user_claim (docs/identity.md)."
        return Check("user claim", "bad", f"{name} did not come", mend)
    if report.outcome == UserUnknownError.reason:
        mend = "Name another claim in identity.user_claim (docs/identity.md)."
        return Check("user claim", "bad", f"{_told(claim)}, and names nobody", mend)
    return Check("user claim", "ok", _told(claim))


def _verified(report: Report) -> Check:
    claim = _find("email_verified", report.claims)
    mend = "Have the provider verify addresses, or name another claim in identity.user_claim (docs/identity.md)."
    if claim is None:
        return Check("verified address", "bad", "email_verified did not come", mend)
    if report.outcome == EmailNotVerifiedError.reason:
        return Check("verified address", "bad", f"{_told(claim)}, and does not vouch for the address", mend)
    return Check("verified address", "ok", _told(claim))


def _groups(config: Config, claims: Sequence[ReceivedClaim]) -> Check:
    name, claim = config.groups_claim, _find(config.groups_claim, claims)
    if not config.groups:
        return Check("groups claim", "ok", "identity.groups is empty: nobody's groups are asked for")
    if claim is not None:
        names_groups = claim.type in ("array", "string", "object")
        level: Level = "ok" if names_groups else "look"
        mend = "" if names_groups else "Name the claim that lists groups in identity.groups_claim."
        return Check("groups claim", level, _told(claim), mend)
    if _find("_claim_names", claims) or _find("hasgroups", claims):
        text = f"{name} did not come, but a pointer to it: you are in too many groups for a token"
        return Check(
            "groups claim", "look", text, "Have the provider send only the groups assigned to this application."
        )
    mends = ["Have the provider send it"]
    if "groups" not in config.scopes:
        mends.append('add "groups" to identity.scopes if the provider has such a scope')
    lists = [claim.name for claim in claims if claim.type == "array" and claim.name not in _NO_GROUPS]
    if lists:
        mends.append(f"name another claim in identity.groups_claim ({', '.join(lists)} came as a list)")
    return Check("groups claim", "look", f"{name} did not come", f"{', or '.join(mends)} (docs/identity.md).")


def _find(name: str, claims: Sequence[ReceivedClaim]) -> ReceivedClaim | None:
    # A null claim counts as absent, as in the function.
    return next((claim for claim in claims if claim.name == name and claim.type != "null"), None)


def _told(claim: ReceivedClaim) -> str:
    return f"{claim.name} came from {_SOURCES.get(claim.source, claim.source)}, as {_TYPES.get(claim.type, claim.type)}"
