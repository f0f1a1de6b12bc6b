"""Requests that the setting `requests.automatic` allows at once."""

from gate.access_requests.access_request import AccessRequest, Approval
from gate.access_requests.deciding import allowed, is_by_old_groups
from gate.access_requests.participant import Participant
from gate.access_requests.requested_grant import GrantChange
from gate.access_requests.rules import RequestRules
from gate.values.errors.access_requests import AutomaticSignInError

REPEAT_SECONDS = 360
"""Seconds in which the same automatic request counts once. People press twice, and AWS Lambda may invoke the function
again for a request from Slack, for five minutes (infra/access_requests.py)."""


def allowed_at_once(
    request: AccessRequest, asker: Participant, *, rules: RequestRules, proven: bool, now: int
) -> AccessRequest:
    """Return the new request of `asker`, allowed if the rule allows it.

    `proven`: whether the requests function itself found out who asks. Raises `AutomaticSignInError` if the rule would
    allow the request after a new sign-in.
    """
    rights = set(rules.automatic_principals(asker.caller.principals, request.notebook, request.seconds))
    if not rights:
        return request
    # As for the decision of an approver: the function that opens notebooks can make a session in anybody's name.
    if not proven or is_by_old_groups(asker, rights, now):
        raise AutomaticSignInError
    return allowed(request, (Approval(Participant.automatic(now=now), request.seconds, now),), now=now)


def repeats(request: AccessRequest, present: AccessRequest, grant: GrantChange | None, *, now: int) -> bool:
    """Return whether `request` adds nothing to `present`, the latest request for the same notebook.

    `grant`: what `request` would write, if the rule allows it. Such a request replaces one that still waits.
    """
    if not request.is_automatic:
        return present.state(now) == "open"
    is_present = present.is_automatic and not present.ended_by
    is_same = is_present and (present.reason, present.seconds) == (request.reason, request.seconds)
    # Without its grant, which an operator may have taken, the person would wait for nothing.
    return is_same and now - present.decided_at < REPEAT_SECONDS and grant is not None and grant.before is not None
