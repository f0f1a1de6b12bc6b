"""Signing in and out."""

from gate.audit import decision
from gate.errors import GateError, NotSignedInError, WrongOriginError
from gate.identity.caller import Caller
from gate.identity.target import safe_target
from gate.request import Request
from gate.responses import Response, page, redirect
from gate.service import the_gate


def login(request: Request) -> Response:
    """To the identity provider, or straight on for those who are signed in already."""
    target = safe_target(request.query.get("next", "/"))
    try:
        the_gate().sessions.caller(request)
    except NotSignedInError:
        departure = the_gate().login.begin(request, target)
        return redirect(departure.url, cookies=departure.cookies)
    return redirect(the_gate().config.base_url + target)


def callback(request: Request) -> Response:
    """Back from the identity provider."""
    with decision(request, "login") as record:
        arrival = the_gate().login.finish(request)
        record.caller = Caller(f"user:{arrival.person.email}", arrival.person.groups, "session", request.address)
        cookies = [*arrival.cookies, the_gate().sessions.begin(arrival.person)]
    return redirect(the_gate().config.base_url + arrival.target, cookies=cookies)


def logout(request: Request) -> Response:
    """End our session, and lead to where the identity provider's own one ends."""
    if not request.sent_from(the_gate().config.origin):
        raise WrongOriginError
    try:
        elsewhere = the_gate().end_session_url()
    except GateError:
        # Nobody must stay signed in here because their provider does not answer.
        elsewhere = None
    return page(
        "signed_out.html",
        base_path=the_gate().config.base_path,
        # A redirect would be stopped by form-action 'self', which holds for where a form's answer leads, too.
        headers={"Refresh": f"2;url={elsewhere}"} if elsewhere else None,
        cookies=[the_gate().sessions.end()],
        elsewhere=elsewhere,
    )
