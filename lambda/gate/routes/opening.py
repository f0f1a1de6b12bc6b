"""Opening a notebook: a redirect to its presigned URL, or a page that waits for the notebook."""

from typing import cast, get_args

from gate.container import Gate
from gate.platform.audit import Decision, decision
from gate.routes.access import (
    Access,
    caller_of,
    grant_of,
    not_granted,
    notebook_access,
    notebook_in,
    notebooks_response,
)
from gate.values.caller import Caller
from gate.values.errors.notebook import InvalidViewError, NotReadyError
from gate.values.errors.slack import OtherPersonError
from gate.values.errors.upstream import UpstreamError
from gate.values.grant import Grant, View
from gate.values.notebook import Notebook
from gate.web.request import Request
from gate.web.responses import Response, error_response, json_response, page, redirect, retry_headers


def open_default(gate: Gate, request: Request) -> Response:
    """Open the caller's only or default notebook, or list the caller's notebooks if there is no such notebook."""
    _open_connections(gate, request)
    view = _view(request)
    with decision(request, "open") as record:
        record.caller = caller = gate.callers.of(request)
        grants = gate.grants.find_all(caller)
        if not grants:
            raise not_granted(gate, caller)
        candidates = grants if len(grants) == 1 else [grant for grant in grants if grant.default]
        if len(candidates) == 1:
            record.notebook = candidates[0].notebook
            return _launch_or_wait(gate, request, Access(caller, candidates[0], record), view)
        record.outcome = "choice"
    return notebooks_response(gate, request, caller, grants)


def open_named(gate: Gate, request: Request) -> Response:
    """Open the notebook that the path names."""
    _open_connections(gate, request)
    if "ticket" in request.query:
        return _open_with_ticket(gate, request)
    view = _view(request)
    with notebook_access(gate, request, "open", caller_of) as access:
        return _launch_or_wait(gate, request, access, view)


def open_named_by_iam(gate: Gate, request: Request) -> Response:
    """Open the notebook that the path names, for callers who sign their requests (SigV4)."""
    view = _view(request)
    with notebook_access(gate, request, "open", _iam_caller) as access:
        return _launch_or_wait(gate, request, access, view)


def _open_connections(gate: Gate, request: Request) -> None:
    """Open the connections to AWS side by side, while the caller is identified.

    A request without a cookie or a token leads to the sign-in, and needs none of them.
    """
    if request.cookies or request.bearer:
        gate.aws.open_connections()


def _iam_caller(gate: Gate, request: Request, _notebook: Notebook) -> Caller:
    return gate.callers.by_iam(request)


def _view(request: Request) -> View | None:
    view = request.query.get("view")
    if view is not None and view not in get_args(View):
        raise InvalidViewError
    return cast("View | None", view)


def _open_with_ticket(gate: Gate, request: Request) -> Response:
    """Open a notebook with a ticket, which counts once.

    If the notebook cannot be opened now, the response sets a cookie that replaces the ticket.
    """
    notebook, view = notebook_in(gate, request), _view(request)
    tickets, config = gate.tickets, gate.config
    with decision(request, "open") as record:
        record.notebook = notebook
        attempt_id = tickets.attempt_id(request)
        try:
            caller = tickets.redeem(request.query["ticket"], notebook, request, attempt_id=attempt_id)
        except UpstreamError as error:
            record.failed(error)
            return error_response(
                error, request, base_path=config.base_path, cookies=[tickets.retry_cookie(attempt_id)]
            )
        record.caller = caller
        try:
            return _launch(gate, request, Access(caller, grant_of(gate, caller, notebook), record), view)
        except (NotReadyError, UpstreamError) as error:
            return _keep_waiting(gate, request, record, error, view)


def _keep_waiting(
    gate: Gate, request: Request, record: Decision, error: NotReadyError | UpstreamError, view: View | None
) -> Response:
    """Return a response to a caller whose ticket is used, with a cookie by which they can try again without it."""
    caller, notebook = record.caller, record.notebook
    assert caller is not None
    assert notebook is not None
    if gate.callers.other_person(request, caller):
        # The sign-in of the other person takes precedence over the cookie, which would have no effect.
        raise OtherPersonError from error
    record.failed(error)
    cookie = gate.tickets.waiting_cookie(caller, notebook)
    if request.wants_json:
        return error_response(error, request, base_path=gate.config.base_path, cookies=[cookie])
    return redirect(f"{gate.config.base_url}{_path(notebook, view)}", status=303, cookies=[cookie])


def _launch_or_wait(gate: Gate, request: Request, access: Access, view: View | None) -> Response:
    try:
        return _launch(gate, request, access, view)
    except NotReadyError as error:
        if request.wants_json:
            raise
        access.decision.failed(error)
        return _waiting_page(gate, request, error, access.grant, view)


def _launch(gate: Gate, request: Request, access: Access, view: View | None) -> Response:
    """Redirect the caller to the notebook's presigned URL."""
    caller, grant = access.caller, access.grant
    launch = gate.launcher.open(caller, grant, view, start=not request.speculative)
    if request.wants_json:
        return json_response({"authorized_url": launch.authorized_url, "expires_in": launch.expires_in})
    cookies = [gate.tickets.removal_cookie(grant.notebook)] if caller.via == "ticket" else []
    return redirect(launch.authorized_url, cookies=cookies)


def _waiting_page(gate: Gate, request: Request, error: NotReadyError, grant: Grant, view: View | None) -> Response:
    from gate.launch.kinds import kind_of
    from gate.values.notebook_status import NotebookStatus

    base_path = gate.config.base_path
    return page(
        "waiting.html",
        base_path=base_path,
        status=error.status,
        headers=retry_headers(error, request),
        error=error,
        instance=error.instance,
        elapsed=max(0, int(gate.now() - error.instance.changed)),
        usual=kind_of(grant.notebook).usual_start_seconds,
        grant=grant,
        can_start=NotebookStatus(grant, error.instance).can_start,
        open_url=f"{base_path}{_path(grant.notebook, view)}",
        reference=request.id,
    )


def _path(notebook: Notebook, view: View | None) -> str:
    return f"/open/{notebook.segment}" + (f"?view={view}" if view else "")
