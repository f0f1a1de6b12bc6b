"""Signing out."""

from gate.container import Gate
from gate.platform.audit import decision
from gate.values.errors.base import GateError
from gate.values.errors.caller import InvalidFormError, WrongOriginError
from gate.values.errors.upstream import SignOutIncompleteError, UpstreamError
from gate.web.request import Request
from gate.web.responses import Response, error_response, page

_FORMS = {b"": False, b"everywhere=1": True}
"""The two forms on the page of notebooks, and whether each signs out everywhere."""


def logout(gate: Gate, request: Request) -> Response:
    """End the session in this browser, or everywhere, and continue at the identity provider's sign-out page.

    Whatever else fails, the response ends the session in this browser.
    """
    if not request.sent_from(gate.config.origin):
        raise WrongOriginError
    if request.body not in _FORMS:
        # A form that asks for more than is understood must not be answered as if it had been done.
        raise InvalidFormError
    everywhere, base_path = _FORMS[request.body], gate.config.base_path
    cookies = [gate.sign_in_sessions.sign_out_cookie(), *gate.tickets.removal_cookies(request)]
    if gate.config.requests_function_arn:
        # Its path hides the cookie from this route, so it is removed in any case.
        cookies.append(gate.decision_proofs.removal_cookie())
    if everywhere:
        try:
            _end_everywhere(gate, request)
        except GateError as error:
            return error_response(error, request, base_path=base_path, cookies=cookies)
    try:
        provider_url = gate.end_session_url()
    except GateError:
        provider_url = None
    return page(
        "signed_out.html",
        base_path=base_path,
        # Not a redirect: the page's form-action 'self' also applies to the redirects that answer its form.
        headers={"Refresh": f"2;url={provider_url}"} if provider_url else None,
        cookies=cookies,
        provider_url=provider_url,
        everywhere=everywhere,
    )


def _end_everywhere(gate: Gate, request: Request) -> None:
    with decision(request, "sign-out-everywhere") as record:
        try:
            record.caller = gate.sign_in_sessions.caller(request)
            gate.cutoffs.end(record.caller)
        except UpstreamError as error:
            raise SignOutIncompleteError from error
