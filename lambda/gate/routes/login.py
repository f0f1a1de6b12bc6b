"""Signing in."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gate.container import Gate
from gate.identity.login_state import LoginState
from gate.platform.audit import AuditRecord, audited
from gate.routes.call import Call
from gate.store.sign_in_report import SignInReport, valid_id
from gate.values.errors.base import GateError
from gate.values.errors.caller import NotSignedInError
from gate.values.errors.sign_in import LoginFailedError
from gate.web.request import Request
from gate.web.responses import Response, error_response, redirect
from gate.web.return_url import return_path_of


def login(call: Call) -> Response:
    """Redirect to the identity provider, or to the return path if the caller is signed in already.

    With the query parameter `report` or `fresh`, the caller always signs in: an operator wants to see what the provider
    sends (`gate doctor --sign-in`), or a decision needs the caller's present groups.
    """
    gate, request = call.gate, call.request
    target, report_id = return_path_of(request), valid_id(request.query.get("report", ""))
    if not report_id and "fresh" not in request.query:
        with suppress(NotSignedInError):
            gate.identity.sessions.caller(request)
            return redirect(gate.links.to(target))
    try:
        started = gate.identity.login.begin(request, target, report_id=report_id)
    except GateError:
        # Nobody new can sign in: the operators need a line with the reference, and a count.
        with audited(request, AuditRecord("login")), _reporting(gate, request, SignInReport(report_id)):
            raise
    return redirect(started.url, cookies=started.cookies)


def callback(call: Call) -> Response:
    """Finish a sign-in that returns from the identity provider."""
    gate, request = call.gate, call.request
    target, report = "/", SignInReport()
    try:
        with audited(request, AuditRecord("login")) as record, _reporting(gate, request, report):
            state = gate.identity.login.state(request)
            target = state.return_path if state else target
            try:
                finished = gate.identity.login.finish(request, state, report)
            except LoginFailedError as error:
                report.outcome = error.reason
                response = _without_sign_in(gate, request, state, target, record)
                if response is None:
                    raise
                return response
            record.caller = finished.person.caller("session", request.address)
            cookies = [*finished.cookies, session := gate.identity.sessions.sign_in_cookie(finished.person)]
            if gate.config.decision_secret_arn:
                cookies.append(gate.identity.decision_proofs.cookie(session))
    except GateError as error:
        return error_response(error, request, header=gate.page_header(), return_path=target)
    return redirect(gate.links.to(target), cookies=cookies)


@contextmanager
def _reporting(gate: Gate, request: Request, report: SignInReport) -> Iterator[None]:
    """Write the outcome of the block to `report`, if an operator waits for one."""
    try:
        yield
    except Exception as error:
        report.outcome = error.reason if isinstance(error, GateError) else GateError.reason
        raise
    finally:
        if report.id:
            report.write(gate.table, reference=request.id)


def _without_sign_in(
    gate: Gate, request: Request, state: LoginState | None, target: str, record: AuditRecord
) -> Response | None:
    """Return a response to a callback that signs nobody in, or None if the error page is the best response.

    A caller who is signed in continues to `target`: the callback was used or late, or belongs to another tab or
    browser. The response sets no session cookie, so that an attacker cannot sign a caller in as somebody else (login
    CSRF).
    """
    try:
        record.caller = gate.identity.sessions.caller(request)
    except NotSignedInError:
        restarted = gate.identity.login.restart(request, state)
        if restarted is None:
            return None
        record.interim("login_restarted")
        return redirect(restarted.url, cookies=restarted.cookies)
    record.interim("already_signed_in")
    return redirect(gate.links.to(target))
