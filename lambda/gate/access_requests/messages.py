"""Remembers which message in Slack shows a request to its approvers, so that it can be changed later."""

from dataclasses import replace

from gate.access_requests.access_request import AccessRequest, SlackMessage
from gate.access_requests.notices import Notices
from gate.access_requests.store import MAX_ATTEMPTS, AccessRequestStore
from gate.platform.log import logger
from gate.store.table import ConditionFailedError
from gate.values.errors.base import GateError


class ApproverMessages:
    """Writes down the messages."""

    def __init__(self, store: AccessRequestStore, notices: Notices):
        self._store = store
        self._notices = notices

    def remember(self, request: AccessRequest, message: SlackMessage, *, is_shown: bool = False) -> AccessRequest:
        """Write down that `message` shows `request`. Without it, the next press in that message tells it again.

        `is_shown`: whether the message shows `request` as it is, and not as an open request that nobody has approved.
        """
        shown = _state(request) if is_shown else _state(replace(request, approvals=(), decision="", obstacle=None))
        try:
            for _ in range(MAX_ATTEMPTS):
                try:
                    request = self._store.remember(replace(request, message=message))
                    break
                except ConditionFailedError:
                    request = self._store.find(request.id) or request
        except GateError as error:
            # The request itself is stored, and the person must not ask again.
            logger.warning("the message of an access request was not stored", reason=error.reason)
        if _state(request) != shown:
            self._notices.show(replace(request, message=message))
        return request


def _state(request: AccessRequest) -> object:
    """Return what the message shows beside what the person asked for."""
    return request.approvals, request.decision, request.ended_by, request.obstacle
