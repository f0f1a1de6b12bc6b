"""Signing in and out."""

from gate.audit import decision
from gate.errors import (
    GateError,
    InvalidFormError,
    NotSignedInError,
    SignOutIncompleteError,
    UpstreamError,
    WrongOriginError,
)
from gate.identity.target import safe_target
from gate.request import Request
from gate.responses import Response, failure, page, redirect
from gate.service import the_gate

_CHOICES = {b"": False, b"everywhere=1": True}
"""The two forms that the page of one's notebooks sends, and whether they mean everywhere."""


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
        record.caller = arrival.person.caller("session", request.address)
        cookies = [*arrival.cookies, the_gate().sessions.begin(arrival.person)]
    return redirect(the_gate().config.base_url + arrival.target, cookies=cookies)


def logout(request: Request) -> Response:
    """End our session here, or everywhere, and lead to where the identity provider's own one ends."""
    gate = the_gate()
    if not request.sent_from(gate.config.origin):
        raise WrongOriginError
    if request.body not in _CHOICES:
        # Whoever asked for more than was understood must not be told that it was done.
        raise InvalidFormError
    everywhere, base_path = _CHOICES[request.body], gate.config.base_path
    cookies = [gate.sessions.end(), *gate.tickets.forget(request)]
    if everywhere:
        try:
            _end_everywhere(request)
        except GateError as error:
            # Signed out of this browser in any case: nobody must stay signed in here because AWS does not answer.
            return failure(error, request, base_path=base_path, cookies=cookies)
    try:
        elsewhere = gate.end_session_url()
    except GateError:
        # Nobody must stay signed in here because their provider does not answer.
        elsewhere = None
    return page(
        "signed_out.html",
        base_path=base_path,
        # A redirect would be stopped by form-action 'self', which holds for where a form's answer leads, too.
        headers={"Refresh": f"2;url={elsewhere}"} if elsewhere else None,
        cookies=cookies,
        elsewhere=elsewhere,
        everywhere=everywhere,
    )


def _end_everywhere(request: Request) -> None:
    with decision(request, "sign-out-everywhere") as record:
        try:
            record.caller = the_gate().sessions.caller(request)
            the_gate().cutoffs.end(record.caller)
        except UpstreamError as error:
            raise SignOutIncompleteError from error
