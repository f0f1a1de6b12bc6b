"""Access requests: the lists of requests and of those who have access, and the form to ask."""

from collections.abc import Mapping

from gate.access_requests.access_request import AccessRequest, normal_reason
from gate.access_requests.holders import Holder
from gate.access_requests.wording import outcome
from gate.routes.access_forms import as_json, durations_of, form_of, seconds_of
from gate.routes.call import Call
from gate.values.errors.access_requests import (
    AlreadyGrantedError,
    AutomaticSignInError,
    InvalidAccessRequestError,
    NotEligibleError,
    TooManyAccessRequestsError,
)
from gate.values.errors.base import GateError
from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.landing import Landing
from gate.values.notebook import MAX_LENGTH, PATTERN, Notebook
from gate.web.links import Links
from gate.web.people import public_principal
from gate.web.request import Request
from gate.web.responses import Response, json_response, redirect

_FIELDS = {
    AlreadyGrantedError: "notebook",
    AutomaticSignInError: "form",
    InvalidAccessRequestError: "reason",
    InvalidNotebookNameError: "notebook",
    NotEligibleError: "notebook",
    TooManyAccessRequestsError: "form",
}
"""Errors that the form shows, each with the field beside which it stands, or `form`."""


def list_requests(call: Call) -> Response:
    """Show the form to ask for access, the caller's requests, and those that the caller may decide on.

    The query parameter `notebook` (a path segment) fills in the form. `view` and `path` say where the notebook opens.
    `page` and `own` are the numbers of the pages of those to decide and of the caller's own, from 1.
    """
    return _list(call, {"notebook": _prefilled(call.request), "reason": ""}, call.landing)


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
        waiting=call.waiting(),
        found=found,
        is_first=number == 1,
        next_page=next_page,
        sign_in=call.gate.page_links.sign_in("/requests/access", fresh=True),
        proven=call.gate.identity.decision_proofs.proves(call.request),
    )


def ask(call: Call) -> Response:
    """Ask for access, and redirect to the page that waits for the decision, or that opens the notebook.

    If something is wrong with what was typed, the response is the form with it and the error.
    """
    form = form_of(call.request)
    landing = Landing.parse(form)
    try:
        asked = _ask(call, form)
    except tuple(_FIELDS) as error:
        if call.request.wants_json:
            raise
        call.record.failed(error)
        return _list(call, {"notebook": "", "reason": "", **form}, landing, error)
    is_earlier = (asked.reason, asked.seconds) != (normal_reason(form["reason"]), seconds_of(form))
    return redirect(call.gate.links.request(asked.id, landing, earlier=is_earlier), status=303)


def _ask(call: Call, form: Mapping[str, str]) -> AccessRequest:
    caller = call.caller
    call.record.notebook = notebook = Notebook.parse(form.get("notebook", "").strip())
    call.record.access_request = asked = call.gate.access_requests.ask(
        caller,
        notebook,
        reason=form.get("reason", ""),
        seconds=seconds_of(form),
        proven=call.gate.identity.decision_proofs.proves(call.request),
    )
    return asked


def _list(call: Call, typed: Mapping[str, str], landing: Landing, error: GateError | None = None) -> Response:
    """Return the lists and the form. `typed`: the form's fields. `error`: why they were refused."""
    gate, caller, now = call.gate, call.caller, call.gate.now()
    page, own_page = _number(call.request, "page"), _number(call.request, "own")
    found = gate.access_requests.lists.requests(caller, page=page, own_page=own_page)
    next_page = _links(call).requests(page=found.next_to_decide) if found.next_to_decide else None
    next_own = _links(call).requests(own=found.next_own) if found.next_own else None
    if call.request.wants_json:
        own, to_decide = found.own, [request for request, _ in found.to_decide]
        return json_response(
            {
                "own": [as_json(each, now) for each in own],
                "to_decide": [as_json(each, now) for each in to_decide],
                "next_own": next_own,
                "next_to_decide": next_page,
            }
        )
    return call.page(
        "requests.html",
        status=error.status if error else 200,
        waiting=found,
        typed=typed,
        error=error,
        field=_FIELDS[type(error)] if error else "",
        landing=landing,
        max_length=MAX_LENGTH,
        pattern=PATTERN,
        durations=(durations := durations_of(gate)),
        chosen=next((seconds for seconds, _ in durations if str(seconds) == typed.get("seconds")), durations[0][0]),
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


def _links(call: Call) -> Links:
    """Return the links in the answer. A page has paths alone, since a private API has several hosts."""
    return call.gate.links if call.request.wants_json else call.gate.page_links


def _number(request: Request, parameter: str) -> int:
    """Return the number of a page in the query, or 1 if there is none that makes sense."""
    text = request.query.get(parameter, "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def _prefilled(request: Request) -> str:
    try:
        return str(Notebook.parse_segment(request.query.get("notebook", "")))
    except InvalidNotebookNameError:
        return ""


def _holder(holder: Holder) -> dict[str, object]:
    return {**vars(holder), "granted_by": ", ".join(map(public_principal, holder.granted_by.split(", ")))}
