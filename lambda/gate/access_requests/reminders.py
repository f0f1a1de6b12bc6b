"""Reminds people in Slack of the end of the access that they asked for there."""

from gate.access_requests.keys import Reference
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
        for reference in self._store.allowed():
            # The reminder is noted first, so that a message is lost rather than sent each time.
            if self._is_due(reference) and self._is_true(reference) and self._store.remind(reference):
                self._notices.ends(reference)

    def _is_due(self, reference: Reference) -> bool:
        """Return whether the person asked in Slack, for longer than `before`, and the end is that near."""
        is_near = reference.time - self._store.now() <= self._before
        return bool(reference.slack_user) and is_near and reference.time - reference.decided_at > self._before

    def _is_true(self, reference: Reference) -> bool:
        """Return whether the person still has the grant, with that end, and does not wait for more time."""
        grant = self._store.grant_of(reference.requester, reference.notebook)
        row = read(grant) if grant is not None else None
        if row is None or (row.request_id, row.until) != (reference.request_id, reference.time):
            return False
        latest = self._store.latest(reference.request_id)
        return latest is None or latest.state(self._store.now()) != "open"
