"""Opening a notebook: one redirect, or a page that waits until there is where to go."""

from typing import cast, get_args

from gate.audit import Decision, decision
from gate.container import Gate
from gate.errors.notebook import InvalidViewError, NotReadyError
from gate.errors.slack import OtherPersonError
from gate.errors.upstream import UpstreamError
from gate.launch.notebook_status import USUAL_START, NotebookStatus
from gate.notebook import Notebook
from gate.routes.shared import grant_of, not_granted, notebook_in, their_notebooks
from gate.store.grant_row import View
from gate.store.grants import Grant
from gate.web.request import Request
from gate.web.responses import Response, document, failure, page, redirect, retry_headers


def open_the_one(gate: Gate, request: Request) -> Response:
    """Into the only notebook, or the default one; else a page to choose."""
    view = _view(request)
    with decision(request, "open") as record:
        record.caller = gate.caller(request)
        grants = gate.grants.listing(record.caller)
        if not grants:
            raise not_granted(gate, record.caller)
        defaults = [grant for grant in grants if grant.default]
        decided = grants if len(grants) == 1 else defaults
        if len(decided) == 1:
            return _launch_or_wait(gate, request, record, decided[0], view)
        record.outcome = "choice"
    return their_notebooks(gate, request, record.caller, grants)


def open_named(gate: Gate, request: Request) -> Response:
    """Into the notebook of that name."""
    named, view = notebook_in(request), _view(request)
    with decision(request, "open") as record:
        record.notebook = named
        ticket = request.query.get("ticket")
        if ticket is not None:
            return _with_ticket(gate, request, record, ticket, named, view)
        record.caller = gate.caller(request, named)
        return _launch_or_wait(gate, request, record, grant_of(gate, record.caller, named), view)


def open_named_by_iam(gate: Gate, request: Request) -> Response:
    """Into the notebook of that name, for callers who sign their requests (SigV4)."""
    named, view = notebook_in(request), _view(request)
    with decision(request, "open") as record:
        record.notebook = named
        record.caller = gate.iam_caller(request)
        return _launch_or_wait(gate, request, record, grant_of(gate, record.caller, named), view)


def _view(request: Request) -> View | None:
    view = request.query.get("view")
    if view is not None and view not in get_args(View):
        raise InvalidViewError
    return cast("View | None", view)


def _with_ticket(
    gate: Gate, request: Request, record: Decision, ticket: str, named: Notebook, view: View | None
) -> Response:
    tickets, config = gate.tickets, gate.config
    attempt_id = tickets.attempt_id(request)
    try:
        record.caller = tickets.redeem(ticket, named, request, attempt_id=attempt_id)
    except UpstreamError as error:
        record.ended(error)
        return failure(error, request, base_path=config.base_path, cookies=[tickets.retry_cookie(attempt_id)])
    try:
        return _launch(gate, request, record, grant_of(gate, record.caller, named), view)
    except (NotReadyError, UpstreamError) as error:
        if gate.other_person(request, record.caller):
            # Their sign-in comes before a cookie of the one who waits, which would then be for nothing.
            raise OtherPersonError from error
        record.ended(error)
        # The ticket is spent, so who tries again must have another address, and something else to show.
        cookie = tickets.wait(record.caller, named)
        if request.wants_json:
            return failure(error, request, base_path=config.base_path, cookies=[cookie])
        return redirect(f"{config.base_url}{_path(named, view)}", status=303, cookies=[cookie])


def _launch_or_wait(gate: Gate, request: Request, record: Decision, grant: Grant, view: View | None) -> Response:
    try:
        return _launch(gate, request, record, grant, view)
    except NotReadyError as error:
        if request.wants_json:
            raise
        record.ended(error)
        return _waiting(gate, request, error, grant, view)


def _launch(gate: Gate, request: Request, record: Decision, grant: Grant, view: View | None) -> Response:
    """Send the caller into the notebook."""
    assert record.caller is not None
    record.notebook = grant.notebook
    launch = gate.launcher.open(record.caller, grant, view, start=not request.speculative)
    if request.wants_json:
        return document({"authorized_url": launch.authorized_url, "expires_in": launch.expires_in})
    arrived = [gate.tickets.arrive(grant.notebook)] if record.caller.via == "ticket" else []
    return redirect(launch.authorized_url, cookies=arrived)


def _waiting(gate: Gate, request: Request, error: NotReadyError, grant: Grant, view: View | None) -> Response:
    base_path = gate.config.base_path
    return page(
        "waiting.html",
        base_path=base_path,
        status=error.status,
        headers=retry_headers(error, request),
        error=error,
        instance=error.instance,
        elapsed=max(0, int(gate.now() - error.instance.changed)),
        usual=USUAL_START,
        grant=grant,
        can_start=NotebookStatus(grant, error.instance).can_start,
        open_url=f"{base_path}{_path(grant.notebook, view)}",
        reference=request.id,
    )


def _path(notebook: Notebook, view: View | None) -> str:
    return f"/open/{notebook.segment}" + (f"?view={view}" if view else "")
