"""Checks a reported sign-in against the `[identity]` settings: which configured claims arrived, and from where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cli.doctor.check import Check, Level
from gate.platform.config import Config
from gate.values.errors.caller import EmailNotVerifiedError, UserUnknownError
from gate.values.received_claim import ReceivedClaim

_SOURCES = {"id_token": "the ID token", "userinfo": "the UserInfo endpoint"}
_TYPES = {"array": "a list", "object": "an object", "string": "a string", "boolean": "a boolean", "number": "a number"}
_LISTS_WITHOUT_GROUPS = frozenset({"aud", "amr"})
"""Lists in most ID tokens that do not hold groups (OpenID Connect Core §2)."""


@dataclass(frozen=True)
class Report:
    """The result of a sign-in."""

    outcome: str
    """`allowed`, or the reason code of the refusal."""
    reference: str
    """The reference id in the log line."""
    claims: tuple[ReceivedClaim, ...]


def check_sign_in(config: Config, report: Report | None) -> Iterator[Check]:
    """Yield the results for `report`, which is None if nobody signed in."""
    if report is None:
        fix = "Sign in before the time is up. If the provider's page does not appear, see the check of the API above."
        yield Check("sign-in", "error", "nobody signed in", fix)
        return
    if report.outcome == "allowed":
        yield Check("sign-in", "ok", f"you are signed in (reference {report.reference})")
    else:
        fix = "docs/reasons.md explains the reason; the function's log has a line with the reference."
        yield Check("sign-in", "error", f"refused: {report.outcome} (reference {report.reference})", fix)
    if report.claims:
        yield _check_user(config, report)
        if config.user_claim == "email" and not config.trust_email:
            yield _check_verified(report)
        yield _check_groups(config, report.claims)


def _check_user(config: Config, report: Report) -> Check:
    name, claim = config.user_claim, _find(config.user_claim, report.claims)
    if claim is None:
        fix = "Have the provider send it, or name another claim in identity.user_claim (docs/identity.md)."
        return Check("user claim", "error", f"{name} did not come", fix)
    if report.outcome == UserUnknownError.reason:
        fix = "Name another claim in identity.user_claim (docs/identity.md)."
        return Check("user claim", "error", f"{_describe(claim)}, and is not a valid user name", fix)
    return Check("user claim", "ok", _describe(claim))


def _check_verified(report: Report) -> Check:
    claim = _find("email_verified", report.claims)
    fix = "Have the provider verify addresses, or name another claim in identity.user_claim (docs/identity.md)."
    if claim is None:
        return Check("verified address", "error", "email_verified did not come", fix)
    if report.outcome == EmailNotVerifiedError.reason:
        return Check("verified address", "error", f"{_describe(claim)}, and does not confirm the address", fix)
    return Check("verified address", "ok", _describe(claim))


def _check_groups(config: Config, claims: Sequence[ReceivedClaim]) -> Check:
    name, claim = config.groups_claim, _find(config.groups_claim, claims)
    if not config.groups:
        return Check("groups claim", "ok", "identity.groups is empty: groups are not used")
    if claim is not None:
        names_groups = claim.type in ("array", "string", "object")
        level: Level = "ok" if names_groups else "warning"
        fix = "" if names_groups else "Name the claim that lists groups in identity.groups_claim."
        return Check("groups claim", level, _describe(claim), fix)
    if _find("_claim_names", claims) or _find("hasgroups", claims):
        text = f"{name} did not come, but a pointer to it: you are in too many groups for a token"
        return Check(
            "groups claim", "warning", text, "Have the provider send only the groups assigned to this application."
        )
    fixes = ["Have the provider send it"]
    if "groups" not in config.scopes:
        fixes.append('add "groups" to identity.scopes if the provider has such a scope')
    lists = [claim.name for claim in claims if claim.type == "array" and claim.name not in _LISTS_WITHOUT_GROUPS]
    if lists:
        fixes.append(f"name another claim in identity.groups_claim ({', '.join(lists)} came as a list)")
    return Check("groups claim", "warning", f"{name} did not come", f"{', or '.join(fixes)} (docs/identity.md).")


def _find(name: str, claims: Sequence[ReceivedClaim]) -> ReceivedClaim | None:
    # A null claim counts as absent, as in the function.
    return next((claim for claim in claims if claim.name == name and claim.type != "null"), None)


def _describe(claim: ReceivedClaim) -> str:
    return f"{claim.name} came from {_SOURCES.get(claim.source, claim.source)}, as {_TYPES.get(claim.type, claim.type)}"
