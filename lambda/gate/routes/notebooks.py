"""Opening notebooks, choosing among them, their state, and starting and stopping them."""

from dataclasses import asdict
from typing import cast, get_args
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from gate.audit import Decision, decision
from gate.errors import InvalidViewError, NotGrantedError, NotReadyError, WrongOriginError
from gate.grants import Grant, View, notebook_name
from gate.identity.caller import Caller
from gate.launch.instance import USUAL_START
from gate.request import Request
from gate.responses import document, failure, page, redirect, retry_headers
from gate.service import the_gate

router = Router()


@router.get("/")
def home() -> Response[str]:
    """The caller's notebooks."""
    request = _request()
    with decision(request, "list") as record:
        record.caller = the_gate().caller(request)
        grants = the_gate().grants.listing(record.caller.principals)
    return _choice(request, record.caller, grants)


@router.get("/open")
def open_the_one() -> Response[str]:
    """Into the only notebook, or the default one; else a page to choose."""
    request, view = _request(), _view()
    with decision(request, "open") as record:
        record.caller = the_gate().caller(request)
        grants = the_gate().grants.listing(record.caller.principals)
        if not grants:
            raise NotGrantedError
        defaults = [grant for grant in grants if grant.default]
        decided = grants if len(grants) == 1 else defaults
        if len(decided) == 1:
            return _into(request, record, decided[0], view)
        record.outcome = "choice"
    return _choice(request, record.caller, grants)


@router.get("/open/<notebook>")
def open_named(notebook: str) -> Response[str]:
    """Into the notebook of that name."""
    request, name, view = _request(), _name(notebook), _view()
    with decision(request, "open") as record:
        record.notebook = name
        record.caller = the_gate().caller(request)
        return _into(request, record, _grant(record.caller, name), view)


@router.get("/iam/open/<notebook>")
def open_named_by_iam(notebook: str) -> Response[str]:
    """Into the notebook of that name, for callers who sign their requests (SigV4)."""
    request, name, view = _request(), _name(notebook), _view()
    with decision(request, "open") as record:
        record.notebook = name
        record.caller = the_gate().iam_caller(request)
        return _into(request, record, _grant(record.caller, name), view)


@router.get("/notebooks/<notebook>")
def state(notebook: str) -> Response[str]:
    """The notebook's state, as JSON."""
    request, name = _request(), _name(notebook)
    with decision(request, "state") as record:
        record.notebook = name
        record.caller = the_gate().caller(request)
        instance = the_gate().launcher.describe(record.caller, _grant(record.caller, name))
    return document({"notebook": name, **asdict(instance)})


@router.post("/notebooks/<notebook>/start")
def start(notebook: str) -> Response[str]:
    """Start the notebook, where the grant gives that power."""
    request, name = _request(), _name(notebook)
    with decision(request, "start") as record:
        record.notebook = name
        record.caller = _presser(request)
        begun = the_gate().launcher.start(record.caller, _grant(record.caller, name))
    # To where one waits for it; but not where a form's answer would lead to another site, which form-action forbids.
    return redirect(f"{the_gate().config.base_url}/{f'open/{name}' if begun else ''}", status=303)


@router.post("/notebooks/<notebook>/stop")
def stop(notebook: str) -> Response[str]:
    """Stop the notebook, where the grant gives that power."""
    request, name = _request(), _name(notebook)
    with decision(request, "stop") as record:
        record.notebook = name
        record.caller = _presser(request)
        the_gate().launcher.stop(record.caller, _grant(record.caller, name))
    return redirect(f"{the_gate().config.base_url}/", status=303)


def _request() -> Request:
    return Request.from_event(router.current_event.raw_event)


def _name(segment: str) -> str:
    # API Gateway leaves path parameters encoded. One decoding only: what is still encoded after it is no name.
    return notebook_name(unquote(segment))


def _view() -> View | None:
    view = _request().query.get("view")
    if view is not None and view not in get_args(View):
        raise InvalidViewError
    return cast("View | None", view)


def _presser(request: Request) -> Caller:
    """Return who pressed a button: a session only, from a page of ours (cross-site request forgery)."""
    if not request.sent_from(the_gate().config.origin):
        raise WrongOriginError
    return the_gate().sessions.caller(request)


def _grant(caller: Caller, name: str) -> Grant:
    return the_gate().grants.find(caller.principals, name)


def _into(request: Request, record: Decision, grant: Grant, view: View | None) -> Response[str]:
    """Send the caller into the notebook, or let them wait for it."""
    assert record.caller is not None
    record.notebook = grant.notebook
    try:
        launch = the_gate().launcher.open(record.caller, grant, view, start=not request.speculative)
    except NotReadyError as error:
        record.outcome = error.reason
        return _waiting(request, error, grant, view)
    if request.wants_json:
        return document({"authorized_url": launch.authorized_url, "expires_in": launch.expires_in})
    return redirect(launch.authorized_url)


def _waiting(request: Request, error: NotReadyError, grant: Grant, view: View | None) -> Response[str]:
    base_path = the_gate().config.base_path
    if request.wants_json:
        return failure(error, request, base_path=base_path)
    again = f"{base_path}/open/{grant.notebook}" + (f"?view={view}" if view else "")
    return page(
        "waiting.html",
        base_path=base_path,
        status=error.status,
        headers=retry_headers(error, request),
        error=error,
        instance=error.instance,
        elapsed=max(0, int(the_gate().now() - error.instance.changed)),
        usual=USUAL_START,
        grant=grant,
        again=again,
        reference=request.id,
    )


def _choice(request: Request, caller: Caller, grants: list[Grant]) -> Response[str]:
    config = the_gate().config
    rows = list(zip(grants, the_gate().launcher.describe_all(caller, grants), strict=True))
    if request.wants_json:
        notebooks = [
            {
                "notebook": grant.notebook,
                "open": f"{config.base_url}/open/{grant.notebook}",
                "default": grant.default,
                "power": grant.power,
                "until": grant.until,
                **(asdict(instance) if instance else {"state": None}),
            }
            for grant, instance in rows
        ]
        return document({"notebooks": notebooks})
    return page("notebooks.html", base_path=config.base_path, rows=rows, name=caller.name, base_url=config.base_url)
