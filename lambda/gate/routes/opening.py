"""Opening a notebook: a redirect to its presigned URL, or a page that waits for the notebook."""

from gate.routes.call import Call
from gate.values.errors.base import GateError
from gate.values.errors.notebook import NotReadyError
from gate.values.errors.slack import OtherPersonError
from gate.values.errors.upstream import UpstreamError
from gate.values.grant import Grant
from gate.values.landing import Landing
from gate.web.responses import Response, error_response, json_response, redirect, retry_headers


def open_default(call: Call) -> Response:
    """Open the caller's only or default notebook, or list the caller's notebooks if there is no such notebook."""
    landing = call.landing
    with call.side_by_side(None):
        grants = call.gate.grants.find_all(call.caller)
    if not grants:
        error = call.not_granted()
        if call.request.wants_json:
            raise error
        call.record.failed(error)
        return _list(call, grants, status=error.status)
    candidates = grants if len(grants) == 1 else [grant for grant in grants if grant.default]
    if len(candidates) == 1:
        call.record.notebook, call.record.grant = candidates[0].notebook, candidates[0]
        return _launch_or_wait(call, candidates[0], landing)
    call.record.outcome = "choice"
    return _list(call, grants)


def open_named(call: Call) -> Response:
    """Open the notebook that the path names.

    A ticket counts once. If the notebook cannot be opened now, the response sets a cookie that replaces it.
    """
    landing = call.landing
    with call.side_by_side(call.notebook):
        if "ticket" not in call.request.query:
            return _launch_or_wait(call, call.grant, landing)
        caller = call.caller
    try:
        return _launch(call, call.grant, landing)
    except (NotReadyError, UpstreamError) as error:
        if call.gate.identity.browsers.other_person(call.request, caller):
            # The sign-in of the other person takes precedence over the cookie, which would have no effect.
            raise OtherPersonError from error
        return _keep_waiting(call, error, landing)


def open_signed(call: Call) -> Response:
    """Open the notebook that the path names, for callers who sign their requests (SigV4)."""
    landing = call.landing
    return _launch_or_wait(call, call.grant, landing)


def _list(call: Call, grants: list[Grant], *, status: int = 200) -> Response:
    from gate.routes.notebooks import notebooks_response  # which a redirect does not need

    return notebooks_response(call, grants, status=status)


def _keep_waiting(call: Call, error: GateError, landing: Landing) -> Response:
    """Return a response to a caller whose ticket is used, with a cookie by which they can try again without it."""
    call.record.failed(error)
    error.cookies = [call.gate.identity.tickets.waiting_cookie(call.caller, call.notebook)]
    if call.request.wants_json:
        return error_response(error, call.request, header=call.gate.page_header())
    return redirect(call.gate.links.open(call.notebook, landing), status=303, cookies=error.cookies)


def _launch_or_wait(call: Call, grant: Grant, landing: Landing) -> Response:
    try:
        return _launch(call, grant, landing)
    except NotReadyError as error:
        if call.request.wants_json:
            raise
        call.record.failed(error)
        return _waiting_page(call, grant, error, landing)


def _launch(call: Call, grant: Grant, landing: Landing) -> Response:
    """Redirect the caller to the notebook's presigned URL."""
    launch = call.gate.launcher.open(call.caller, grant, landing, start=not call.request.speculative)
    if call.request.wants_json:
        return json_response({"authorized_url": launch.authorized_url, "expires_in": launch.expires_in})
    by_ticket = call.caller.via == "ticket"
    return redirect(
        launch.authorized_url, cookies=[call.gate.identity.tickets.removal_cookie(grant.notebook)] if by_ticket else []
    )


def _waiting_page(call: Call, grant: Grant, error: NotReadyError, landing: Landing) -> Response:
    from gate.launch.kinds import kind_of

    return call.page(
        "waiting.html",
        status=error.status,
        headers=retry_headers(error, call.request),
        error=error,
        heading=error.heading(grant.label),
        instance=error.instance,
        elapsed=max(0, int(call.gate.now() - error.instance.changed)),
        usual=kind_of(grant.notebook).usual_start_seconds,
        grant=grant,
        can_start=error.can_start,
        landing=landing,
        open_url=call.gate.page_links.open(grant.notebook, landing),
        reference=call.request.id,
    )
