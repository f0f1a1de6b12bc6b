"""Access requests: asking for a notebook, and deciding on the requests of others."""

from urllib.parse import parse_qs

from gate.access_requests.access_request import AccessRequest
from gate.container import Gate
from gate.platform.audit import decision
from gate.values.caller import Caller
from gate.values.errors.access_requests import DecisionSignInError, InvalidAccessRequestError
from gate.values.errors.caller import InvalidFormError, WrongOriginError
from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.notebook import Notebook
from gate.web.durations import in_words
from gate.web.request import Request
from gate.web.responses import Response, json_response, page, redirect
from gate.web.return_url import return_path_of, sign_in_path

MAX_FORM_FIELDS = 10


def list_requests(gate: Gate, request: Request) -> Response:
    """Show the form to ask for access, the caller's requests, and those that the caller may decide on.

    The query parameter `notebook` (a path segment) fills in the form.
    """
    with decision(request, "list-requests") as record:
        record.caller = caller = gate.callers.of(request)
        to_decide = gate.access_requests.to_decide(caller)
        own = gate.access_requests.of_person(caller)
        owned = gate.access_requests.holders(caller)
    now = gate.now()
    if request.wants_json:
        return json_response(
            {
                "own": [_json(each, now) for each in own],
                "to_decide": [_json(each, now) for each, _ in to_decide],
            }
        )
    return page(
        "requests.html",
        base_path=gate.config.base_path,
        notebook=_prefilled(request),
        durations=_durations(gate),
        own=own,
        to_decide=to_decide,
        owned=owned,
        now=now,
        sign_in=f"{gate.config.base_path}{sign_in_path('/requests', fresh=True)}",
        proven=gate.decision_proofs.proves(request),
        name=caller.name,
    )


def ask(gate: Gate, request: Request) -> Response:
    """Ask for access, and redirect to the page that waits for the decision."""
    with decision(request, "ask") as record:
        record.caller = caller = _form_caller(gate, request)
        form = _form(request)
        record.notebook = Notebook.parse(form.get("notebook", "").strip())
        record.access_request = asked = gate.access_requests.ask(
            caller, record.notebook, reason=form.get("reason", ""), seconds=_seconds(form)
        )
    return redirect(f"{gate.config.base_url}/requests/{asked.id}", status=303)


def show(gate: Gate, request: Request) -> Response:
    """Show one request to the person who asked, or to somebody who may decide on it.

    When it is allowed, the browser of the person who asked continues to the notebook.
    """
    caller = gate.callers.of(request)
    found, approver = gate.access_requests.find(caller, request.parameters["request"])
    now = gate.now()
    state = found.state(now)
    if request.wants_json:
        return json_response(_json(found, now))
    if state == "allowed" and approver is None and now < found.until:
        return redirect(f"{gate.config.base_url}/open/{found.notebook.segment}")
    return page(
        "request.html",
        base_path=gate.config.base_path,
        request=found,
        state=state,
        approver=approver,
        approvals_needed=gate.access_requests.rules.approvals_needed(found.notebook),
        durations=_durations(gate),
        now=now,
        sign_in=f"{gate.config.base_path}{sign_in_path(return_path_of(request), fresh=True)}",
        proven=gate.decision_proofs.proves(request),
        reference=request.id,
    )


def decide(gate: Gate, request: Request) -> Response:
    """Allow or deny a request, and redirect to its page, which shows what came of it."""
    form = _form(request)
    action = form.get("decision", "")
    if action not in ("allow", "deny"):
        raise InvalidFormError
    with decision(request, action) as record:
        record.caller = caller = _form_caller(gate, request)
        # The function that opens notebooks can make a session in anybody's name.
        if not gate.decision_proofs.proves(request):
            raise DecisionSignInError
        seconds = _seconds(form) if action == "allow" else None
        record.access_request = decided = gate.access_requests.decide(
            caller, request.parameters["request"], seconds=seconds
        )
        record.notebook = decided.notebook
    return redirect(f"{gate.config.base_url}/requests/{decided.id}", status=303)


def _form_caller(gate: Gate, request: Request) -> Caller:
    """Identify the sender of a form by cookie. The form must be from one of the gate's own pages (CSRF)."""
    if not request.sent_from(gate.config.origin):
        raise WrongOriginError
    return gate.callers.in_browser(request)


def _form(request: Request) -> dict[str, str]:
    try:
        fields = parse_qs(request.body.decode(), max_num_fields=MAX_FORM_FIELDS)
    except ValueError:
        raise InvalidFormError from None
    return {name: values[0] for name, values in fields.items()}


def _seconds(form: dict[str, str]) -> int:
    text = form.get("seconds", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidAccessRequestError
    return int(text)


def _durations(gate: Gate) -> list[tuple[int, str]]:
    return [(seconds, in_words(seconds)) for seconds in gate.access_requests.rules.durations]


def _prefilled(request: Request) -> str:
    try:
        return str(Notebook.parse_segment(request.query.get("notebook", "")))
    except InvalidNotebookNameError:
        return ""


def _json(request: AccessRequest, now: float) -> dict[str, object]:
    return {
        "id": request.id,
        "requester": request.requester,
        "notebook": str(request.notebook),
        "reason": request.reason,
        "seconds": request.seconds,
        "asked_at": request.asked_at,
        "state": request.state(now),
        "approved_by": [each.by for each in request.approvals],
        "decided_by": request.decided_by or None,
        "until": request.until or None,
    }
