"""Who may decide on an access request, and what a decision leads to."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from gate.access_requests.access_request import AccessRequest, Approval
from gate.access_requests.participant import Participant, compare
from gate.access_requests.rules import RequestRules
from gate.values.errors.access_requests import (
    AccessRequestDecidedError,
    AccessRequestEndedError,
    AccessRequestUnknownError,
    AccessRequestWithdrawnError,
    OtherApproverError,
    OtherIdentityError,
    OwnAccessRequestError,
    SignInTooOldError,
)
from gate.values.errors.base import GateError

GROUPS_MAX_AGE = 900
"""Seconds for which the groups of a sign-in count for decisions. Somebody may have left a group since."""

Refusal = type[GateError]


@dataclass(frozen=True)
class Approver:
    """Somebody who has the right to decide on a request."""

    participant: Participant
    """The person, with those groups alone that give the right."""
    refusal: Refusal | None = None
    """Why they cannot decide here and now. None if they can."""
    by_old_groups: bool = False
    """Whether they have the right by groups alone, of a sign-in that is too old."""
    approval_refusal: Refusal | None = None
    """Why their approval would not count beside those that are there. None if it would."""

    @property
    def cannot_allow(self) -> Refusal | None:
        """Why they cannot allow the request. None if they can."""
        return self.refusal or self.approval_refusal


def approver_of(
    request: AccessRequest,
    participant: Participant,
    *,
    asker: Participant,
    rules: RequestRules,
    owners: Iterable[str],
    now: float,
) -> Approver:
    """Return `participant` as somebody who has the right to decide on `request`, which `asker` made.

    `owners`: those principals of the participant that own the notebook. Raises `AccessRequestUnknownError` if there is
    no such right, and `OwnAccessRequestError`.
    """
    relation = compare(participant, asker)
    if relation == "same":
        raise OwnAccessRequestError
    rights = {*rules.approving_principals(participant.caller.principals, request.notebook), *owners}
    if not rights and not participant.is_operator:
        raise AccessRequestUnknownError
    groups = tuple(group for group in participant.groups if f"group:{group}" in rights)
    refusal: Refusal | None = None
    old = is_by_old_groups(participant, rights, now)
    if relation == "unknown":
        refusal = OtherIdentityError
    elif old:
        refusal = SignInTooOldError
    return Approver(replace(participant, groups=groups), refusal, old, _approval_refusal(request, participant))


def is_by_old_groups(participant: Participant, rights: Set[str], now: float) -> bool:
    """Return whether the participant has `rights` by groups alone, and the sign-in with the groups is too old."""
    by_group = any(f"group:{group}" in rights for group in participant.groups)
    return by_group and not rights & set(participant.names) and now - participant.proven_at > GROUPS_MAX_AGE


def _approval_refusal(request: AccessRequest, participant: Participant) -> Refusal | None:
    relations = {compare(participant, each.participant) for each in request.approvals}
    if "same" in relations:
        return AccessRequestDecidedError
    return OtherApproverError if "unknown" in relations else None


def check_open(request: AccessRequest, now: float) -> None:
    """Raise `AccessRequestDecidedError`, `AccessRequestWithdrawnError`, or why the request has ended.

    Returns if `request` is open at `now` (epoch seconds).
    """
    match request.state(now):
        case "withdrawn":
            raise AccessRequestWithdrawnError
        case "allowed" | "denied":
            raise AccessRequestDecidedError
        case "ended":
            raise request.obstacle or AccessRequestEndedError


def approved(request: AccessRequest, by: Approver, *, seconds: int, rules: RequestRules, now: int) -> AccessRequest:
    """Return `request` as `by` approves it for `seconds`. It is allowed when enough people have approved it.

    Raises the error in `by.cannot_allow`.
    """
    if by.cannot_allow:
        raise by.cannot_allow
    approvals = (*request.approvals, Approval(by.participant, seconds, now))
    if len(approvals) < rules.approvals_needed(request.notebook):
        return replace(request, approvals=approvals)
    return allowed(request, approvals, now=now)


def allowed(request: AccessRequest, approvals: tuple[Approval, ...], *, now: int) -> AccessRequest:
    """Return `request` as `approvals` allow it: for the shortest of their times."""
    approved = replace(request, approvals=approvals)
    until, name = now + approved.allowed_seconds, approvals[-1].by
    return replace(approved, decision="allowed", decided_by=name, decided_at=now, until=until)


def denied(request: AccessRequest, by: Approver, *, reason: str, now: int) -> AccessRequest:
    """Return `request` as `by` denies it. `reason`: why, for the person who asked. Raises the error in `by.refusal`."""
    if by.refusal:
        raise by.refusal
    name = by.participant.name
    return replace(request, decision="denied", decided_by=name, decision_reason=reason, decided_at=now)


def withdrawn(request: AccessRequest, by: Participant, *, now: int) -> AccessRequest:
    """Return `request` as `by`, who asked, withdraws it."""
    return replace(request, decision="withdrawn", decided_by=by.name, decided_at=now)
