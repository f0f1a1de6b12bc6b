"""One access request: its page, and the decisions on it."""

from collections.abc import Mapping

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.wording import closing, deciders, heading, outcome, sentence
from gate.routes.access_forms import as_json, durations_of, form_of, seconds_of
from gate.routes.call import Call
from gate.values.errors.access_requests import DecisionSignInError, InvalidDecisionReasonError
from gate.values.errors.base import GateError
from gate.values.errors.caller import InvalidFormError
from gate.web.responses import Response, json_response, redirect
from gate.web.return_url import return_path_of


def show(call: Call) -> Response:
    """Show one request to the person who asked, or to somebody who may decide on it.

    When it is allowed as it was asked for, the browser of the person who asked continues to the notebook, unless the
    query has `stay`.
    """
    return _page(call)


def decide(call: Call) -> Response:
    """Allow, deny or withdraw a request, or end its access, and redirect to its page, which shows what came of it."""
    form = form_of(call.request)
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
        try:
            decided = _decide(call, request_id, form)
        except InvalidDecisionReasonError as error:
            if call.request.wants_json:
                raise
            call.record.failed(error)
            return _page(call, error=error, typed=form.get("reason", ""))
    call.record.access_request = decided
    call.record.notebook = decided.notebook
    return redirect(call.gate.links.request(decided.id), status=303)


def _decide(call: Call, request_id: str, form: Mapping[str, str]) -> AccessRequest:
    # The function that opens notebooks can make a session in anybody's name.
    if not call.gate.identity.decision_proofs.proves(call.request):
        raise DecisionSignInError
    if form["decision"] == "allow":
        return call.gate.access_requests.decide(call.caller, request_id, seconds=seconds_of(form))
    return call.gate.access_requests.decide(call.caller, request_id, seconds=None, reason=form.get("reason", ""))


def _page(call: Call, *, error: GateError | None = None, typed: str = "") -> Response:
    """Return the page of the request. `error`: why it was not denied for the reason `typed`."""
    gate, caller, now = call.gate, call.caller, call.gate.now()
    found, approver = gate.access_requests.find(caller, call.request.parameters["request"])
    state, rules = found.state(now), gate.access_requests.rules
    if call.request.wants_json:
        return json_response(as_json(found, now))
    is_held = state == "allowed" and approver is None and now < found.until
    if is_held and not found.is_shortened and "stay" not in call.request.query:
        return redirect(gate.links.open(found.notebook, call.landing))
    waiting = call.waiting()
    return call.page(
        "request.html",
        status=error.status if error else 200,
        waiting=waiting,
        next_request=next((each for each, _ in waiting.to_decide if each.id != found.id), None) if waiting else None,
        request=found,
        landing=call.landing,
        state=state,
        approver=approver,
        is_earlier="earlier" in call.request.query,
        heading=heading(found, state, now=now, reader=caller.names, to_asker=approver is None),
        outcome=sentence(outcome(found, state, to_asker=approver is None)),
        closing=closing(found.notebook, home=gate.config.home),
        deciders=deciders(rules.approving_principals(rules.approvers, found.notebook)),
        approvals_needed=rules.approvals_needed(found.notebook),
        durations=durations_of(gate),
        now=now,
        sign_in=gate.page_links.sign_in(return_path_of(call.request), fresh=True),
        proven=gate.identity.decision_proofs.proves(call.request),
        error=error,
        typed=typed,
        reference=call.request.id,
    )
