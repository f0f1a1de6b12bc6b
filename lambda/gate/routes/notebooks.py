"""One's notebooks: the list, the state of each, and starting and stopping them."""

from dataclasses import asdict

from gate.audit import decision
from gate.container import Gate
from gate.errors.caller import WrongOriginError
from gate.identity.caller import Caller
from gate.notebook import Notebook
from gate.routes.shared import grant_of, notebook_in, their_notebooks
from gate.web.request import Request
from gate.web.responses import Response, document, redirect


def home(gate: Gate, request: Request) -> Response:
    """The caller's notebooks."""
    with decision(request, "list") as record:
        record.caller = gate.caller(request)
        grants = gate.grants.listing(record.caller)
    return their_notebooks(gate, request, record.caller, grants)


def state(gate: Gate, request: Request) -> Response:
    """The notebook's state, as JSON."""
    named = notebook_in(request)
    with decision(request, "state") as record:
        record.notebook = named
        record.caller = gate.caller(request, named)
        instance = gate.launcher.describe(record.caller, grant_of(gate, record.caller, named))
    return document({"notebook": str(named), **asdict(instance)})


def start(gate: Gate, request: Request) -> Response:
    """Start the notebook, where the grant gives that power."""
    named = notebook_in(request)
    with decision(request, "start") as record:
        record.notebook = named
        record.caller = _form_caller(gate, request, named)
        begun = gate.launcher.start(record.caller, grant_of(gate, record.caller, named))
    # To where one waits for it; but not where a form's answer would lead to another site, which form-action forbids.
    return redirect(f"{gate.config.base_url}/{f'open/{named.segment}' if begun else ''}", status=303)


def stop(gate: Gate, request: Request) -> Response:
    """Stop the notebook, where the grant gives that power."""
    named = notebook_in(request)
    with decision(request, "stop") as record:
        record.notebook = named
        record.caller = _form_caller(gate, request, named)
        gate.launcher.stop(record.caller, grant_of(gate, record.caller, named))
    return redirect(f"{gate.config.base_url}/", status=303)


def _form_caller(gate: Gate, request: Request, notebook: Notebook) -> Caller:
    """Return who pressed a button: only from a page of ours (cross-site request forgery), and by no token."""
    if not request.sent_from(gate.config.origin):
        raise WrongOriginError
    return gate.visitor(request, notebook)
