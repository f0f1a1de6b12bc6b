"""Access requests: asking for a notebook, withdrawing that, and deciding on the requests of others."""

from urllib.parse import parse_qs

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.holders import Holder
from gate.access_requests.wording import closing, outcome, sentence
from gate.container import Gate
from gate.routes.call import Call
from gate.values.errors.access_requests import DecisionSignInError, InvalidAccessRequestError
from gate.values.errors.caller import InvalidFormError
from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.landing import Landing
from gate.values.notebook import MAX_LENGTH, Notebook
from gate.web.durations import in_words
from gate.web.links import Links
from gate.web.people import public_principal
from gate.web.request import Request
from gate.web.responses import Response, json_response, redirect
from gate.web.return_url import return_path_of

MAX_FORM_FIELDS = 10


def list_requests(call: Call) -> Response:
    """Show the form to ask for access, the caller's requests, and those that the caller may decide on.

    The query parameter `notebook` (a path segment) fills in the form. `view` and `path` say where the notebook opens.
    `page` and `own` are the numbers of the pages of those to decide and of the caller's own, from 1.
    """
    gate, caller, now = call.gate, call.caller, call.gate.now()
    page, own_page = _number(call.request, "page"), _number(call.request, "own")
    found = gate.access_requests.lists.requests(caller, page=page, own_page=own_page)
    next_page = _links(call).requests(page=found.next_to_decide) if found.next_to_decide else None
    next_own = _links(call).requests(own=found.next_own) if found.next_own else None
    if call.request.wants_json:
        own, to_decide = found.own, [request for request, _ in found.to_decide]
        return json_response(
            {
                "own": [_json(each, now) for each in own],
                "to_decide": [_json(each, now) for each in to_decide],
                "next_own": next_own,
                "next_to_decide": next_page,
            }
        )
    return call.page(
        "requests.html",
        notebook=_prefilled(call.request),
        landing=call.landing,
        max_length=MAX_LENGTH,
        durations=_durations(gate),
        found=found,
        is_first=page == own_page == 1,
        next_page=next_page,
        next_own=next_own,
        outcome=outcome,
        now=now,
        sign_in=gate.page_links.sign_in("/requests", fresh=True),
        proven=gate.identity.decision_proofs.proves(call.request),
        name=caller.name,
    )


def list_holders(call: Call) -> Response:
    """Show who has access to the notebooks that the caller decides on. `page` is the number of the page, from 1."""
    number = _number(call.request, "page")
    found = call.gate.access_requests.lists.holders(call.caller, page=number)
    next_page = _links(call).holders(page=found.next) if found.next else None
    if call.request.wants_json:
        holders = [*found.requested, *(each for holders in found.owned.values() for each in holders)]
        return json_response({"holders": [_holder(each) for each in holders], "next": next_page})
    return call.page(
        "holders.html",
        found=found,
        is_first=number == 1,
        next_page=next_page,
        sign_in=call.gate.page_links.sign_in("/requests/access", fresh=True),
        proven=call.gate.identity.decision_proofs.proves(call.request),
    )


def ask(call: Call) -> Response:
    """Ask for access, and redirect to the page that waits for the decision, or that opens the notebook."""
    caller, form = call.caller, _form(call.request)
    landing = Landing.parse(form)
    call.record.notebook = notebook = Notebook.parse(form.get("notebook", "").strip())
    call.record.access_request = asked = call.gate.access_requests.ask(
        caller,
        notebook,
        reason=form.get("reason", ""),
        seconds=_seconds(form),
        proven=call.gate.identity.decision_proofs.proves(call.request),
    )
    return redirect(call.gate.links.request(asked.id, landing), status=303)


def show(call: Call) -> Response:
    """Show one request to the person who asked, or to somebody who may decide on it.

    When it is allowed, the browser of the person who asked continues to the notebook, unless the query has `stay`.
    """
    gate, caller, now = call.gate, call.caller, call.gate.now()
    found, approver = gate.access_requests.find(caller, call.request.parameters["request"])
    state = found.state(now)
    if call.request.wants_json:
        return json_response(_json(found, now))
    if state == "allowed" and approver is None and now < found.until and "stay" not in call.request.query:
        return redirect(gate.links.open(found.notebook, call.landing))
    return call.page(
        "request.html",
        request=found,
        landing=call.landing,
        state=state,
        approver=approver,
        outcome=sentence(outcome(found, state, to_asker=approver is None)),
        closing=closing(found.notebook, home=gate.config.home),
        approvals_needed=gate.access_requests.rules.approvals_needed(found.notebook),
        durations=_durations(gate),
        now=now,
        sign_in=gate.page_links.sign_in(return_path_of(call.request), fresh=True),
        proven=gate.identity.decision_proofs.proves(call.request),
        reference=call.request.id,
    )


def decide(call: Call) -> Response:
    """Allow, deny or withdraw a request, or end its access, and redirect to its page, which shows what came of it."""
    form = _form(call.request)
    action = form.get("decision", "")
    if action not in ("allow", "deny", "withdraw", "end"):
        raise InvalidFormError
    call.record.action = action
    request_id = call.request.parameters["request"]
    if action == "withdraw":
        decided = call.gate.access_requests.withdraw(call.caller, request_id)
    elif action == "end":
        proven = call.gate.identity.decision_proofs.proves(call.request)
        decided = call.gate.access_requests.ends.end(call.caller, request_id, proven=proven)
    else:
        decided = _decide(call, request_id, form)
    call.record.access_request = decided
    call.record.notebook = decided.notebook
    return redirect(call.gate.links.request(decided.id), status=303)


def _decide(call: Call, request_id: str, form: dict[str, str]) -> AccessRequest:
    # The function that opens notebooks can make a session in anybody's name.
    if not call.gate.identity.decision_proofs.proves(call.request):
        raise DecisionSignInError
    if form["decision"] == "allow":
        return call.gate.access_requests.decide(call.caller, request_id, seconds=_seconds(form))
    return call.gate.access_requests.decide(call.caller, request_id, seconds=None, reason=form.get("reason", ""))


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


def _links(call: Call) -> Links:
    """Return the links in the answer. A page has paths alone, since a private API has several hosts."""
    return call.gate.links if call.request.wants_json else call.gate.page_links


def _number(request: Request, parameter: str) -> int:
    """Return the number of a page in the query, or 1 if there is none that makes sense."""
    text = request.query.get(parameter, "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


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
        "approved_by": [public_principal(each.by) for each in request.approvals],
        "decided_by": public_principal(request.decided_by) or None,
        "decision_reason": request.decision_reason or None,
        "allowed_seconds": request.allowed_seconds if request.decision == "allowed" else None,
        "until": request.until or None,
        "ended_by": public_principal(request.ended_by) or None,
    }


def _holder(holder: Holder) -> dict[str, object]:
    return {**vars(holder), "granted_by": ", ".join(map(public_principal, holder.granted_by.split(", ")))}
