"""The forms of access requests, and the requests in JSON."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from gate.access_requests.access_request import AccessRequest
from gate.container import Gate
from gate.values.errors.access_requests import InvalidAccessRequestError
from gate.values.errors.caller import InvalidFormError
from gate.web.durations import in_words
from gate.web.people import public_principal
from gate.web.request import Request

MAX_FORM_FIELDS = 10


def form_of(request: Request) -> dict[str, str]:
    """Return the fields of the form that `request` sends. Raises `InvalidFormError`."""
    try:
        fields = parse_qs(request.body.decode(), max_num_fields=MAX_FORM_FIELDS)
    except ValueError:
        raise InvalidFormError from None
    return {name: values[0] for name, values in fields.items()}


def seconds_of(form: Mapping[str, str]) -> int:
    """Return the length of access that a form names. Raises `InvalidAccessRequestError`."""
    text = form.get("seconds", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidAccessRequestError
    return int(text)


def durations_of(gate: Gate) -> list[tuple[int, str]]:
    """Return the lengths of access that a form offers, in seconds and in words."""
    return [(seconds, in_words(seconds)) for seconds in gate.access_requests.rules.durations]


def as_json(request: AccessRequest, now: float) -> dict[str, object]:
    """Return `request` as JSON clients see it at `now` (epoch seconds)."""
    return {
        "id": request.id,
        "requester": request.requester,
        "notebook": str(request.notebook),
        "reason": request.reason,
        "seconds": request.seconds,
        "asked_at": request.asked_at,
        "state": request.state(now),
        "approved_by": [public_principal(each.by) for each in request.approvals],
        "decided_by": public_principal(request.decided_by) or None,
        "decision_reason": request.decision_reason or None,
        "allowed_seconds": request.allowed_seconds if request.decision == "allowed" else None,
        "until": request.until or None,
        "ended_by": public_principal(request.ended_by) or None,
    }
