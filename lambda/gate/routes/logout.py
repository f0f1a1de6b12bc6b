"""Signing out."""

from gate.routes.call import Call
from gate.values.errors.base import GateError
from gate.values.errors.caller import InvalidFormError
from gate.values.errors.upstream import SignOutIncompleteError, UpstreamError
from gate.web.responses import Response, page

_FORMS = {b"": False, b"everywhere=1": True}
"""The form in the header and the one below the list, and whether each signs out everywhere."""


def logout(call: Call) -> Response:
    """End the session in this browser, or everywhere, and continue at the identity provider's sign-out page.

    Whatever else fails, the response ends the session in this browser.
    """
    gate, request = call.gate, call.request
    if request.body not in _FORMS:
        # A form that asks for more than is understood must not be answered as if it had been done.
        raise InvalidFormError
    everywhere = _FORMS[request.body]
    cookies = [gate.identity.sessions.sign_out_cookie(), *gate.identity.tickets.removal_cookies(request)]
    if gate.config.access_requests:
        # Its path hides the cookie from this route, so it is removed in any case.
        cookies.append(gate.identity.decision_proofs.removal_cookie())
    if everywhere:
        call.record.action = "sign-out-everywhere"
        try:
            _end_everywhere(call)
        except GateError as error:
            error.cookies = cookies
            raise
    try:
        provider_url = gate.identity.end_session_url()
    except GateError:
        provider_url = None
    return page(
        "signed_out.html",
        header=gate.page_header(),
        # Not a redirect: the page's form-action 'self' also applies to the redirects that answer its form.
        headers={"Refresh": f"2;url={provider_url}"} if provider_url else None,
        cookies=cookies,
        provider_url=provider_url,
        everywhere=everywhere,
    )


def _end_everywhere(call: Call) -> None:
    try:
        call.gate.cutoffs.end_sign_ins(call.caller)
    except UpstreamError as error:
        raise SignOutIncompleteError from error
