"""Ends access that a request led to, before its time."""

from collections.abc import Callable
from functools import partial

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.approvers import Approvers
from gate.access_requests.notices import Notices
from gate.access_requests.participant import Participant
from gate.access_requests.requested_grant import is_of_operator
from gate.access_requests.store import AccessRequestStore, attempt
from gate.store.grant_row import read
from gate.store.table import ConditionFailedError, Row
from gate.values.caller import Caller
from gate.values.errors.access_requests import (
    AccessEndedError,
    AccessRequestUnknownError,
    DecisionSignInError,
    OwnAccessRequestError,
    SignInTooOldError,
)
from gate.values.errors.base import GateError


class AccessEnds:
    """Ends grants, and has the notebooks that are open with them cut off. Other grants of the person stay."""

    def __init__(
        self, store: AccessRequestStore, *, approvers: Approvers, notices: Notices, cut_off: Callable[[], None]
    ):
        """`cut_off`: tells the function that writes denies that there is one to write. It does not raise."""
        self._store = store
        self._approvers = approvers
        self._notices = notices
        self._cut_off = cut_off

    def end(self, caller: Caller, request_id: str, *, proven: bool) -> AccessRequest:
        """End the access that a request led to. Return the request as it is then.

        The caller has the access, or decides on the notebook. `proven`: whether the requests function itself found out
        who the caller is, which it must for the access of others.
        Raises `AccessRequestUnknownError`, `AccessEndedError`, `DecisionSignInError`, `SignInTooOldError`, and the
        errors of `Grants` and `AccessRequestStore`.
        """
        return attempt(partial(self._end, self._approvers.participant(caller), request_id, proven=proven))

    def end_as_operator(self, operator: str, request_id: str) -> AccessRequest:
        """End access as the operator with the ARN `operator`. Raises the errors of `end`."""
        participant = Participant.operator(operator, now=self._store.now())
        return attempt(partial(self._end, participant, request_id, proven=True))

    def _end(self, participant: Participant, request_id: str, *, proven: bool) -> AccessRequest:
        request = self._store.find(request_id)
        if request is None:
            raise AccessRequestUnknownError
        self._check_right(request, participant, proven=proven)
        grant = self._store.grant_of(request.requester, request.notebook)
        if not self._is_held(request, grant):
            raise AccessEndedError
        requests = self._store.lasting(request)
        if all(each.id != request_id for each in requests):
            raise ConditionFailedError(())  # somebody else ended it meanwhile
        try:
            ended = self._store.end(requests, grant, by=participant)
        except GateError:
            self._cut_off()  # the response may be lost, and the denies written
            raise
        self._cut_off()
        for each in ended:
            if each.id != request_id:
                self._notices.show(each)
        found = next(each for each in ended if each.id == request_id)
        self._notices.changed(found)
        return found

    def _check_right(self, request: AccessRequest, participant: Participant, *, proven: bool) -> None:
        try:
            approver = self._approvers.get(request, participant)
        except OwnAccessRequestError:
            return
        if not proven:
            raise DecisionSignInError
        if approver.by_old_groups:
            raise SignInTooOldError

    def _is_held(self, request: AccessRequest, grant: Row | None) -> bool:
        """Return whether `request` was allowed, lasts, and led to `grant`, or to one that an operator has taken.

        With the button of an earlier request, nobody ends what a later one led to. If an operator has taken the grant,
        the request still says that it lasts, and the notebook may be open.
        """
        now = self._store.now()
        if request.decision != "allowed" or request.until <= now:
            return False
        return grant is None or (read(grant).until == request.until and not is_of_operator(grant, now))
