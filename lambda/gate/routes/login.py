"""Signing in and out."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gate.audit import Decision, decision
from gate.container import Gate
from gate.errors.base import GateError
from gate.errors.caller import InvalidFormError, NotSignedInError, WrongOriginError
from gate.errors.sign_in import LoginFailedError
from gate.errors.upstream import SignOutIncompleteError, UpstreamError
from gate.identity.login_state import LoginState
from gate.identity.return_url import return_path_of
from gate.identity.sign_in_report import SignInReport, valid_id
from gate.web.request import Request
from gate.web.responses import Response, failure, page, redirect

_CHOICES = {b"": False, b"everywhere=1": True}
"""The two forms that the page of one's notebooks sends, and whether they mean everywhere."""


def login(gate: Gate, request: Request) -> Response:
    """To the identity provider, or straight on for those who are signed in already.

    With `report`, always to the provider: an operator wants to see what it sends (`gate doctor --sign-in`).
    """
    target, report_id = return_path_of(request), valid_id(request.query.get("report", ""))
    if not report_id:
        with suppress(NotSignedInError):
            gate.sign_in_sessions.caller(request)
            return redirect(gate.config.base_url + target)
    try:
        departure = gate.login.begin(request, target, report_id=report_id)
    except GateError:
        # A line for the reference, and a count: nobody new can sign in.
        with decision(request, "login"), _reporting(gate, request, SignInReport(report_id)):
            raise
    return redirect(departure.url, cookies=departure.cookies)


def callback(gate: Gate, request: Request) -> Response:
    """Back from the identity provider."""
    target, report = "/", SignInReport()
    try:
        with decision(request, "login") as record, _reporting(gate, request, report):
            state = gate.login.state(request)
            target = state.target if state else target
            try:
                arrival = gate.login.finish(request, state, report)
            except LoginFailedError as error:
                report.outcome = error.reason
                detour = _detour(gate, request, state, target, record)
                if detour is None:
                    raise
                return detour
            record.caller = arrival.person.caller("session", request.address)
            cookies = [*arrival.cookies, gate.sign_in_sessions.begin(arrival.person)]
    except GateError as error:
        return failure(error, request, base_path=gate.config.base_path, target=target)
    return redirect(gate.config.base_url + target, cookies=cookies)


@contextmanager
def _reporting(gate: Gate, request: Request, report: SignInReport) -> Iterator[None]:
    """Tell the operator who watches the sign-in, if one does, what came of it when the block is left."""
    try:
        yield
    except Exception as error:
        report.outcome = error.reason if isinstance(error, GateError) else GateError.reason
        raise
    finally:
        if report.id:
            report.write(gate.dynamodb, gate.config.table, reference=request.id, clock=gate.now)


def _detour(gate: Gate, request: Request, state: LoginState | None, target: str, record: Decision) -> Response | None:
    """Answer a way back that signs nobody in, where there is something better than to tell so.

    Whoever is signed in goes on to `target`: the answer was spent, late, or of another tab or browser. It makes no
    session and sets no cookie, so that nobody can slip a sign-in of theirs under somebody (login CSRF).
    """
    try:
        record.caller = gate.sign_in_sessions.caller(request)
    except NotSignedInError:
        departure = gate.login.restart(request, state)
        if departure is None:
            return None
        record.outcome = "login_restarted"
        return redirect(departure.url, cookies=departure.cookies)
    record.outcome = "already_signed_in"
    return redirect(gate.config.base_url + target)


def logout(gate: Gate, request: Request) -> Response:
    """End our session here, or everywhere, and lead to where the identity provider's own one ends."""
    if not request.sent_from(gate.config.origin):
        raise WrongOriginError
    if request.body not in _CHOICES:
        # Whoever asked for more than was understood must not be told that it was done.
        raise InvalidFormError
    everywhere, base_path = _CHOICES[request.body], gate.config.base_path
    cookies = [gate.sign_in_sessions.end(), *gate.tickets.forget(request)]
    if everywhere:
        try:
            _end_everywhere(gate, request)
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


def _end_everywhere(gate: Gate, request: Request) -> None:
    with decision(request, "sign-out-everywhere") as record:
        try:
            record.caller = gate.sign_in_sessions.caller(request)
            gate.cutoffs.end(record.caller)
        except UpstreamError as error:
            raise SignOutIncompleteError from error
