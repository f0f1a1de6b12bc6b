"""Who may decide on an access request, and what a decision leads to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gate.access_requests.access_request import AccessRequest, Approval
from gate.access_requests.rules import RequestRules
from gate.errors.access_requests import (
    AccessRequestDecidedError,
    AccessRequestUnknownError,
    OtherIdentityError,
    OwnAccessRequestError,
    SignInTooOldError,
)
from gate.identity.caller import Caller

GROUPS_MAX_AGE = 900
"""Seconds for which the groups of a sign-in count for decisions. Somebody may have left a group since."""


@dataclass(frozen=True)
class Approver:
    """Somebody who may decide on a request."""

    name: str
    """The principal that the grant and the audit log name."""
    sign_in_too_old: bool = False
    """Whether the right comes from a group, and the groups were proven too long ago to decide now."""


def approver_of(
    request: AccessRequest,
    caller: Caller,
    *,
    rules: RequestRules,
    owners: Iterable[str],
    now: float,
) -> Approver:
    """Return `caller` as somebody who may decide on `request`.

    `owners`: those principals of the caller that own the notebook. Raises `AccessRequestUnknownError` if the
    caller may not decide, `OwnAccessRequestError`, and `OtherIdentityError`.
    """
    if set(caller.names) & set(request.requester_names):
        raise OwnAccessRequestError
    principals = [*rules.approving_principals(caller.principals, request.notebook), *owners]
    if not principals:
        raise AccessRequestUnknownError
    if _kind(caller.subject) != _kind(request.requester):
        # One person can be `slack:...` in Slack and `user:...` in a browser. The gate knows that both are one person
        # only if it trusts Slack's e-mail addresses, and then both are `user:...`.
        raise OtherIdentityError
    by_group = all(principal.startswith("group:") for principal in principals)
    return Approver(caller.subject, sign_in_too_old=by_group and now - caller.proven_at > GROUPS_MAX_AGE)


def approved(request: AccessRequest, by: Approver, *, seconds: int, rules: RequestRules, now: int) -> AccessRequest:
    """Return `request` as `by` approves it for `seconds`. It is allowed when enough people have approved it.

    Access lasts for the shortest time that one of them approved. Raises `SignInTooOldError`, and
    `AccessRequestDecidedError` if `by` has approved it before.
    """
    if by.sign_in_too_old:
        raise SignInTooOldError
    if any(each.by == by.name for each in request.approvals):
        raise AccessRequestDecidedError
    approvals = (*request.approvals, Approval(by.name, seconds, now))
    if len(approvals) < rules.approvals_needed(request.notebook):
        return replace(request, approvals=approvals)
    until = now + min(each.seconds for each in approvals)
    return replace(request, approvals=approvals, decision="allowed", decided_by=by.name, decided_at=now, until=until)


def denied(request: AccessRequest, by: Approver, *, now: int) -> AccessRequest:
    """Return `request` as `by` denies it. Raises `SignInTooOldError`."""
    if by.sign_in_too_old:
        raise SignInTooOldError
    return replace(request, decision="denied", decided_by=by.name, decided_at=now)


def _kind(principal: str) -> str:
    return principal.partition(":")[0]
