"""Asks for access, and decides on requests."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from gate.access_requests.access_request import AccessRequest, SlackMessage, normal_reason, request_key
from gate.access_requests.deciding import Approver, approved, approver_of, denied
from gate.access_requests.holders import Holder, Holders
from gate.access_requests.rules import RequestRules
from gate.access_requests.store import AccessRequestStore, ConflictError
from gate.clock import Clock
from gate.errors.access_requests import (
    AccessRequestDecidedError,
    AccessRequestEndedError,
    AccessRequestUnknownError,
    AlreadyGrantedError,
    InvalidAccessRequestError,
    OtherIdentityError,
    OwnAccessRequestError,
    TooManyAccessRequestsError,
)
from gate.errors.notebook import NotGrantedError
from gate.errors.upstream import ThrottledError
from gate.identity.caller import Caller
from gate.notebook import Notebook
from gate.store.grants import Grants

MAX_ATTEMPTS = 3
"""Attempts to change a request that others change at the same moment."""

MAX_OWNED = 20
"""Notebooks of one owner whose holders are read for one page. Each needs two calls."""


class Notices(Protocol):
    """Tells people about requests. A notice that cannot be sent is logged, and changes nothing else."""

    def asked(self, request: AccessRequest, /) -> SlackMessage | None:
        """Tell the approvers of a new request. Return the message in Slack that shows it, if there is one."""

    def changed(self, request: AccessRequest, /) -> None:
        """Tell the person who asked, and the approvers, that somebody has decided on `request` or approved it."""


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
        clock: Clock = time.time,
    ):
        self._store = store
        self._grants = grants
        self._holders = holders
        self.rules = rules
        self._notices = notices
        self._clock = clock

    def ask(
        self, caller: Caller, notebook: Notebook, *, reason: str, seconds: int, slack_user: str = ""
    ) -> AccessRequest:
        """Ask for access to `notebook`, which may not exist. Return the request, or the open one for the same notebook.

        `slack_user`: the id of the Slack user, if the caller asks in Slack.
        Raises `InvalidAccessRequestError`, `AlreadyGrantedError`, `TooManyAccessRequestsError`, and
        the errors of `Grants.find` and `AccessRequestStore`.
        """
        normal = normal_reason(reason)
        if normal is None or seconds not in self.rules.durations:
            raise InvalidAccessRequestError
        self._check_not_granted(caller, notebook)
        now = int(self._clock())
        request = AccessRequest.new(caller, notebook, reason=normal, seconds=seconds, now=now, slack_user=slack_user)
        try:
            self._store.add(request)
        except ConflictError as conflict:
            present = self._store.of_key(request_key(caller.subject, notebook)) if conflict.failed[0] else None
            if present is not None:
                return present
            raise TooManyAccessRequestsError from None
        message = self._notices.asked(request)
        if message is not None:
            request = self._remember(request, message)
        return request

    def of_person(self, caller: Caller) -> list[AccessRequest]:
        """Return the requests of `caller`, the latest first. Raises the errors of `Rows`."""
        return [each for each in reversed(self._store.all()) if set(caller.names) & set(each.requester_names)]

    def to_decide(self, caller: Caller) -> list[tuple[AccessRequest, Approver]]:
        """Return the open requests that `caller` may decide on, the oldest first. Raises the errors of `Grants`."""
        owned = self._grants.find_owned(caller)
        now = self._clock()
        found = []
        for request in self._store.all():
            if request.state(now) != "open":
                continue
            owners = [grant.principal for grant in owned if grant.notebook == request.notebook]
            approver = self._approver(request, caller, owners)
            if approver is not None and not any(each.by == approver.name for each in request.approvals):
                found.append((request, approver))
        return found

    def holders(self, caller: Caller) -> dict[Notebook, list[Holder]]:
        """Return who has a grant, for each notebook that `caller` owns. Raises the errors of `Grants` and `Holders`."""
        notebooks = sorted({grant.notebook for grant in self._grants.find_owned(caller)}, key=str)
        return {notebook: self._holders.of(notebook, self._clock()) for notebook in notebooks[:MAX_OWNED]}

    def find(self, caller: Caller, request_id: str) -> tuple[AccessRequest, Approver | None]:
        """Return a request that `caller` made or decides on, and the caller as its approver, if they are one.

        Raises `AccessRequestUnknownError`, and the errors of `Grants`.
        """
        request = self._find(request_id)
        approver = self._approver(request, caller, self._owners_of(caller, request))
        if approver is None and not set(caller.names) & set(request.requester_names):
            raise AccessRequestUnknownError
        return request, approver

    def decide(self, caller: Caller, request_id: str, *, seconds: int | None) -> AccessRequest:
        """Allow a request for `seconds`, or deny it if that is None. Return the request as it is then.

        Raises `InvalidAccessRequestError`, the errors of `approver_of`, `approved` and `denied`,
        `AccessRequestDecidedError`, `AccessRequestEndedError`, `AlreadyGrantedError`, and the errors of `Grants` and
        `AccessRequestStore`.
        """
        return self._decide(
            request_id,
            seconds,
            lambda request: approver_of(
                request, caller, rules=self.rules, owners=self._owners_of(caller, request), now=self._clock()
            ),
        )

    def decide_as_operator(self, operator: str, request_id: str, *, seconds: int | None) -> AccessRequest:
        """Decide as the operator with the ARN `operator`, who may decide on every request.

        Raises the errors of `decide`.
        """
        return self._decide(request_id, seconds, lambda _: Approver(f"iam:{operator}"))

    def _decide(
        self, request_id: str, seconds: int | None, approver_for: Callable[[AccessRequest], Approver]
    ) -> AccessRequest:
        if seconds is not None and seconds not in self.rules.durations:
            raise InvalidAccessRequestError
        for _ in range(MAX_ATTEMPTS):
            request = self._find(request_id)
            approver = approver_for(request)
            request = self._checked(request)
            now = int(self._clock())
            if seconds is None:
                changed = denied(request, approver, now=now)
            else:
                changed = approved(request, approver, seconds=seconds, rules=self.rules, now=now)
            try:
                changed = self._store.change(changed, self._grant(changed) if changed.decision == "allowed" else None)
            except ConflictError as conflict:
                if not conflict.failed[0]:
                    raise AlreadyGrantedError from None
                continue  # somebody else changed the request: look again
            self._notices.changed(changed)
            return changed
        raise ThrottledError

    def _find(self, request_id: str) -> AccessRequest:
        request = self._store.find(request_id)
        if request is None:
            raise AccessRequestUnknownError
        return request

    def _checked(self, request: AccessRequest) -> AccessRequest:
        """Return `request` without the approvals of people whose sign-in was ended since.

        Raises `AccessRequestDecidedError` or `AccessRequestEndedError` if it is not open.
        """
        state = request.state(self._clock())
        if state in ("allowed", "denied"):
            raise AccessRequestDecidedError
        if state == "ended" or self._store.was_signed_out(request.requester_names, request.proven_at):
            raise AccessRequestEndedError
        approvals = [each for each in request.approvals if not self._store.was_signed_out([each.by], each.at)]
        return replace(request, approvals=tuple(approvals))

    def _check_not_granted(self, caller: Caller, notebook: Notebook) -> None:
        try:
            grant = self._grants.find(caller, notebook)
        except NotGrantedError:
            return
        if not grant.request_id:  # a person may ask for more time before a requested grant ends
            raise AlreadyGrantedError

    def _approver(self, request: AccessRequest, caller: Caller, owners: Sequence[str]) -> Approver | None:
        try:
            return approver_of(request, caller, rules=self.rules, owners=owners, now=self._clock())
        except (AccessRequestUnknownError, OwnAccessRequestError, OtherIdentityError):
            return None

    def _owners_of(self, caller: Caller, request: AccessRequest) -> list[str]:
        # Read for every decision, because this also tells whether the caller's own sign-in was ended.
        return [grant.principal for grant in self._grants.find_owned(caller, request.notebook)]

    def _grant(self, request: AccessRequest) -> dict[str, Any]:
        texts = {
            "principal": request.requester,
            "notebook": str(request.notebook),
            "power": self.rules.power,
            "granted_by": ", ".join(each.by for each in request.approvals),
            "reason": request.reason,
            "request_id": request.id,
        }
        return {**{name: {"S": text} for name, text in texts.items()}, "until": {"N": str(request.until)}}

    def _remember(self, request: AccessRequest, message: SlackMessage) -> AccessRequest:
        """Write down the message that shows `request`. If somebody has decided meanwhile, show the decision in it."""
        try:
            return self._store.change(replace(request, message=message))
        except ConflictError:
            present = self._store.find(request.id)
            if present is None:
                return request
            self._notices.changed(replace(present, message=message))
            return present
