"""The list of a caller's notebooks, and the state, start and stop of one notebook."""

from dataclasses import asdict

from gate.container import Gate
from gate.platform.audit import decision
from gate.routes.access import caller_of, notebook_access, notebooks_response
from gate.values.caller import Caller
from gate.values.errors.caller import WrongOriginError
from gate.values.notebook import Notebook
from gate.web.request import Request
from gate.web.responses import Response, json_response, redirect


def home(gate: Gate, request: Request) -> Response:
    """List the caller's notebooks."""
    with decision(request, "list") as record:
        record.caller = gate.callers.of(request)
        grants = gate.grants.find_all(record.caller)
    return notebooks_response(gate, request, record.caller, grants)


def state(gate: Gate, request: Request) -> Response:
    """Return the notebook's state as JSON."""
    with notebook_access(gate, request, "state", caller_of) as access:
        instance = gate.launcher.describe(access.caller, access.grant)
    return json_response({"notebook": str(access.grant.notebook), **asdict(instance)})


def start(gate: Gate, request: Request) -> Response:
    """Start the notebook, if the grant allows it."""
    with notebook_access(gate, request, "start", _form_caller) as access:
        started = gate.launcher.start(access.caller, access.grant)
    # The page that waits for the notebook. If the notebook runs already, that page would redirect to another site,
    # which form-action 'self' forbids.
    path = f"open/{access.grant.notebook.segment}" if started else ""
    return redirect(f"{gate.config.base_url}/{path}", status=303)


def stop(gate: Gate, request: Request) -> Response:
    """Stop the notebook, if the grant allows it."""
    with notebook_access(gate, request, "stop", _form_caller) as access:
        gate.launcher.stop(access.caller, access.grant)
    return redirect(f"{gate.config.base_url}/", status=303)


def _form_caller(gate: Gate, request: Request, notebook: Notebook) -> Caller:
    """Identify the sender of a form by cookie. The form must be from one of the gate's own pages (CSRF)."""
    if not request.sent_from(gate.config.origin):
        raise WrongOriginError
    return gate.callers.in_browser(request, notebook)
