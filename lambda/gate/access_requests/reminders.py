"""Reminds people in Slack of the end of the access that they asked for there."""

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.notices import Notices
from gate.access_requests.store import AccessRequestStore
from gate.store.grant_row import read


class Reminders:
    """Sends one reminder for each grant that a request in Slack led to."""

    def __init__(self, store: AccessRequestStore, notices: Notices, *, before: int):
        """`before`: seconds before the end of the grant. Access that lasts no longer than that has no reminder."""
        self._store = store
        self._notices = notices
        self._before = before

    def send(self) -> None:
        """Send the reminders that are due. Raises the errors of `AccessRequestStore`."""
        for request in self._store.ending(within=self._before):
            is_short = request.until - request.decided_at <= self._before
            # The reminder is noted first, so that a message is lost rather than sent each time.
            if request.slack_user and not is_short and self._is_present(request) and self._store.remind(request):
                self._notices.ends(request)

    def _is_present(self, request: AccessRequest) -> bool:
        """Return whether the person still has the grant that `request` led to, with that end."""
        grant = self._store.grant_of(request)
        if grant is None:
            return False
        row = read(grant)
        return (row.request_id, row.until) == (request.id, request.until)
