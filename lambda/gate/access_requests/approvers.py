"""Finds out who may decide on a request: the caller, and those who approved it before."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from gate.access_requests.access_request import AccessRequest, Approval
from gate.access_requests.deciding import Approver, approver_of
from gate.access_requests.participant import Participant
from gate.access_requests.rules import RequestRules
from gate.platform.clock import Clock
from gate.store.grants import Grants
from gate.values.caller import Caller
from gate.values.errors.access_requests import AccessRequestUnknownError, OwnAccessRequestError, SignInTooOldError
from gate.values.errors.caller import SignInEndedError
from gate.values.grant import Grant, owned
from gate.values.notebook import Notebook


@dataclass(frozen=True)
class Rights:
    """By what somebody decides on requests. It is false for a person who decides on none."""

    principals: tuple[str, ...]
    """Those of the person's principals that the settings name."""
    owned: tuple[Grant, ...]
    """The grants by which the person owns notebooks."""

    def __bool__(self) -> bool:
        return bool(self.principals or self.owned)


class Approvers:
    """Applies the rules, the grants and the cutoffs as they are now."""

    def __init__(self, grants: Grants, rules: RequestRules, *, user_claim: str, clock: Clock):
        """`user_claim`: the claim that names people who sign in."""
        self._grants = grants
        self._rules = rules
        self._user_claim = user_claim
        self._clock = clock

    def participant(self, caller: Caller) -> Participant:
        """Return `caller` as somebody who asks or decides."""
        return Participant.of(caller, user_claim=self._user_claim)

    def get(self, request: AccessRequest, participant: Participant, *, at: float | None = None) -> Approver:
        """Return `participant` as an approver of `request`. `at`: the time of the decision, if it is not now.

        Raises the errors of `approver_of`, and of `Grants`: `SignInEndedError` if a cutoff ended one of the
        participant's names.
        """
        return self._get(request, participant, self._grants.find_owned(participant.caller, request.notebook), at)

    def find(self, request: AccessRequest, participant: Participant) -> Approver | None:
        """Return what `get` returns, or None if the participant has no right to decide on `request`."""
        with suppress(AccessRequestUnknownError, OwnAccessRequestError):
            return self.get(request, participant)
        return None

    def rights(self, participant: Participant, grants: Iterable[Grant] | None = None) -> Rights:
        """Return by what `participant` decides on requests. Raises the errors of `Grants`.

        `grants`: all grants of the person, if they are known already.
        """
        found = self._grants.find_owned(participant.caller) if grants is None else owned(grants)
        principals = tuple(each for each in participant.caller.principals if each in self._rules.approvers)
        return Rights(principals, tuple(found))

    def decide(self, rights: Rights, notebook: Notebook) -> bool:
        """Return whether somebody with `rights` decides on requests for `notebook`."""
        is_owner = any(grant.notebook == notebook for grant in rights.owned)
        return is_owner or bool(self._rules.approving_principals(rights.principals, notebook))

    def open_to(
        self, participant: Participant, rights: Rights, requests: Iterable[AccessRequest]
    ) -> list[tuple[AccessRequest, Approver]]:
        """Return those of `requests` that are open and that `participant` can allow, at least after a new sign-in.

        Whether earlier approvals still count is not read here, for it may take calls for each: `find` tells it.
        """
        found = []
        for request in requests:
            if request.state(self._clock()) == "open":
                with suppress(AccessRequestUnknownError, OwnAccessRequestError):
                    found.append((request, self._get(request, participant, rights.owned, None)))
        return [each for each in found if each[1].cannot_allow in (None, SignInTooOldError)]

    def with_valid_approvals(self, request: AccessRequest) -> AccessRequest:
        """Return `request` with those approvals alone that their approvers could still give, if it is open."""
        if request.state(self._clock()) != "open":
            return request
        return replace(request, approvals=tuple(each for each in request.approvals if self._is_valid(request, each)))

    def _is_valid(self, request: AccessRequest, approval: Approval) -> bool:
        # The groups are those of that moment. Only a new sign-in of the approver would tell the present ones.
        try:
            return self.get(request, approval.participant, at=approval.at).refusal is None
        except (AccessRequestUnknownError, OwnAccessRequestError, SignInEndedError):
            return False

    def _get(
        self, request: AccessRequest, participant: Participant, grants: Iterable[Grant], at: float | None
    ) -> Approver:
        owners = [grant.principal for grant in grants if grant.notebook == request.notebook]
        # Rows of earlier versions lack the claim of people who signed in.
        asker = replace(request.asker, claim=request.claim or self._user_claim)
        now = self._clock() if at is None else at
        return approver_of(request, participant, asker=asker, rules=self._rules, owners=owners, now=now)
