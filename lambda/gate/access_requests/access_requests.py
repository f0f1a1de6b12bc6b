"""Asks for access, and decides on requests."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from gate.access_requests.access_request import AccessRequest, SlackMessage, normal_reason
from gate.access_requests.approvers import Approvers
from gate.access_requests.automatic import allowed_at_once, repeats
from gate.access_requests.deciding import Approver, approved, check_open, denied, withdrawn
from gate.access_requests.ending import AccessEnds
from gate.access_requests.holders import Holders
from gate.access_requests.lists import RequestLists
from gate.access_requests.messages import ApproverMessages
from gate.access_requests.notices import Notices
from gate.access_requests.participant import Participant
from gate.access_requests.reminders import Reminders
from gate.access_requests.requested_grant import GrantChange, with_grant
from gate.access_requests.rules import RequestRules
from gate.access_requests.store import AccessRequestStore, attempt
from gate.platform.clock import Clock
from gate.store.grants import Grants
from gate.store.table import ConditionFailedError
from gate.values.caller import Caller
from gate.values.errors.access_requests import (
    AccessRequestEndedError,
    AccessRequestUnknownError,
    AlreadyGrantedError,
    InvalidAccessRequestError,
    InvalidDecisionReasonError,
    NotEligibleError,
    TooManyAccessRequestsError,
)
from gate.values.errors.notebook import NotGrantedError
from gate.values.notebook import Notebook


class AccessRequests:
    """The access requests of a deployment."""

    def __init__(
        self,
        store: AccessRequestStore,
        *,
        grants: Grants,
        holders: Holders,
        rules: RequestRules,
        notices: Notices,
        cut_off: Callable[[], None],
        user_claim: str,
        clock: Clock,
    ):
        """`cut_off`: see `AccessEnds`. `user_claim`: see `Approvers`."""
        self._store = store
        self._grants = grants
        self.rules = rules
        self._notices = notices
        self._messages = ApproverMessages(store, notices)
        self._approvers = Approvers(grants, rules, user_claim=user_claim, clock=clock)
        self.lists = RequestLists(store, approvers=self._approvers, holders=holders)
        self.ends = AccessEnds(store, approvers=self._approvers, notices=notices, cut_off=cut_off)
        self.reminders = Reminders(store, notices, before=rules.remind)
        self._clock = clock

    def ask(
        self,
        caller: Caller,
        notebook: Notebook,
        *,
        reason: str,
        seconds: int,
        slack_user: str = "",
        proven: bool = False,
    ) -> AccessRequest:
        """Ask for access to `notebook`, which may not exist. Return the request, or the open one for the same notebook.

        `slack_user`: the id of the Slack user, if the caller asks in Slack. `proven`: see `allowed_at_once`.
        Raises `InvalidAccessRequestError`, `NotEligibleError`, `AlreadyGrantedError`, `TooManyAccessRequestsError`, and
        the errors of `allowed_at_once`, `with_grant`, `Grants.find` and `AccessRequestStore`.
        """
        normal = normal_reason(reason)
        if normal is None or seconds not in self.rules.durations:
            raise InvalidAccessRequestError
        notebook = notebook.relative_to(self.rules.home)
        # Before anything is read: the answer depends on the name, the person and the settings alone.
        if not self.rules.may_ask(caller.principals, notebook):
            raise NotEligibleError
        self._check_not_granted(caller, notebook)
        asker, now = self._approvers.participant(caller), int(self._clock())
        request = AccessRequest.new(asker, notebook, reason=normal, seconds=seconds, now=now, slack_user=slack_user)
        request = allowed_at_once(request, asker, rules=self.rules, proven=proven, now=now)
        return attempt(partial(self._add, request, now))

    def find(self, caller: Caller, request_id: str) -> tuple[AccessRequest, Approver | None]:
        """Return a request that `caller` made or decides on, and the caller as its approver, if they are one.

        Raises `AccessRequestUnknownError`, and the errors of `Grants`.
        """
        request = self._find(request_id)
        approver = self._approvers.find(request, self._approvers.participant(caller))
        if approver is None and not request.is_of(caller):
            raise AccessRequestUnknownError
        return request, approver

    def decide(
        self,
        caller: Caller,
        request_id: str,
        *,
        seconds: int | None,
        reason: str = "",
        message: SlackMessage | None = None,
    ) -> AccessRequest:
        """Allow a request for `seconds`, or deny it if that is None. Return the request as it is then.

        `reason`: why it is denied, for the person who asked; may be empty. `message`: the message in Slack whose button
        was pressed, if it can be changed.
        Raises `InvalidAccessRequestError`, `InvalidDecisionReasonError`, the errors of `approver_of`, `approved`,
        `denied` and `with_grant`, `AccessRequestDecidedError`, `AccessRequestWithdrawnError`,
        `AccessRequestEndedError`, and the errors of `Grants` and `AccessRequestStore`.
        """
        return self._decide(self._approvers.participant(caller), request_id, seconds, reason, message)

    def decide_as_operator(
        self, operator: str, request_id: str, *, seconds: int | None, reason: str = ""
    ) -> AccessRequest:
        """Decide as the operator with the ARN `operator`, who may decide on every request.

        Raises the errors of `decide`.
        """
        return self._decide(Participant.operator(operator, now=self._clock()), request_id, seconds, reason, None)

    def withdraw(self, caller: Caller, request_id: str) -> AccessRequest:
        """Withdraw an open request that `caller` made under any of their names. Return the request as it is then.

        Raises `AccessRequestUnknownError` for the request of somebody else, `AccessRequestDecidedError`,
        `AccessRequestWithdrawnError`, `AccessRequestEndedError`, and the errors of `Grants` and `AccessRequestStore`.
        """

        def step() -> tuple[AccessRequest, None]:
            request, now = self._store.find(request_id), int(self._clock())
            if request is None or not request.is_of(caller):
                raise AccessRequestUnknownError
            self._grants.find_owned(caller, request.notebook)  # raises if a cutoff ended the caller's sign-in
            check_open(request, now)
            return withdrawn(request, self._approvers.participant(caller), now=now), None

        return self._change(step)

    def _add(self, request: AccessRequest, now: int) -> AccessRequest:
        present = self._store.latest(request.id)
        new, grant = self._with_grant(request, now)
        if present is not None and repeats(new, present, grant, now=now):
            return present
        try:
            self._store.add(new, grant, replaced=present)
        except ConditionFailedError as conflict:
            if conflict.failed[0] or any(conflict.failed[2:]):
                raise  # the person asked twice at once, or the grant changed
            raise TooManyAccessRequestsError from None
        if present is not None and not present.decision:
            self._notices.show(replace(present, obstacle=AccessRequestEndedError))
        message = self._notices.asked(new)
        return new if message is None else self._messages.remember(new, message, is_shown=True)

    def _decide(
        self, participant: Participant, request_id: str, seconds: int | None, reason: str, message: SlackMessage | None
    ) -> AccessRequest:
        if seconds is not None and seconds not in self.rules.durations:
            raise InvalidAccessRequestError
        normal = normal_reason(reason) if reason.strip() else ""
        if normal is None:
            raise InvalidDecisionReasonError

        def step() -> tuple[AccessRequest, GrantChange | None]:
            request = self._find(request_id, message)
            approver = self._approvers.get(request, participant)
            now = int(self._clock())
            check_open(request, now)
            if seconds is None:
                return denied(request, approver, reason=normal, now=now), None
            changed = approved(request, approver, seconds=seconds, rules=self.rules, now=now)
            return self._with_grant(changed, now)

        return self._change(step)

    def _change(self, step: Callable[[], tuple[AccessRequest, GrantChange | None]]) -> AccessRequest:
        """Write the request and the grant that `step` returns, and tell people of it.

        `step` reads the request. It is called again if somebody else changes the request or the grant meanwhile.
        """
        changed = attempt(lambda: self._store.change(*step()))
        self._notices.changed(changed)
        return changed

    def _find(self, request_id: str, message: SlackMessage | None = None) -> AccessRequest:
        request = self._store.find(request_id)
        if request is None:
            raise AccessRequestUnknownError
        if message is not None and request.message is None:
            request = self._messages.remember(request, message)
        return self._approvers.with_valid_approvals(request)

    def _with_grant(self, request: AccessRequest, now: int) -> tuple[AccessRequest, GrantChange | None]:
        """Return `request` with the grant that it leads to, if it is allowed."""
        if request.decision != "allowed":
            return request, None
        return with_grant(
            request, power=self.rules.power, present=self._store.grant_of(request.requester, request.notebook), now=now
        )

    def _check_not_granted(self, caller: Caller, notebook: Notebook) -> None:
        try:
            grant = self._grants.find(caller, notebook)
        except NotGrantedError:
            return
        if not grant.request_id:  # a person may ask for more time before a requested grant ends
            raise AlreadyGrantedError
