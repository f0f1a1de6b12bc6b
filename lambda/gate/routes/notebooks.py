"""The list of a caller's notebooks, and the state, start and stop of one notebook."""

from dataclasses import asdict

from gate.routes.call import Call
from gate.values.errors.notebook import NoPowerError
from gate.values.grant import Grant
from gate.values.instance import Instance
from gate.web.responses import Response, json_response, redirect

_MISSING = "missing"
"""The status of a notebook that was deleted, in the list for JSON clients."""


def home(call: Call) -> Response:
    """List the caller's notebooks."""
    with call.side_by_side(None):
        grants = call.gate.grants.find_all(call.caller)
    return notebooks_response(call, grants)


def state(call: Call) -> Response:
    """Return the notebook's state as JSON."""
    return _state_response(call.grant, call.gate.launcher.describe(call.caller, call.grant))


def start(call: Call) -> Response:
    """Start the notebook, if the grant allows it."""
    started, links = call.gate.launcher.start(call.caller, call.grant), call.gate.links
    # The page that waits for the notebook. If the notebook runs already, that page would redirect to another site,
    # which form-action 'self' forbids.
    return redirect(links.open(call.grant.notebook, call.landing) if started else links.home, status=303)


def confirm_stop(call: Call) -> Response:
    """Ask for confirmation before the notebook is stopped, if the grant allows it. JSON clients get its state."""
    if not call.grant.may_stop:
        raise NoPowerError
    instance = call.gate.launcher.describe(call.caller, call.grant)
    if call.request.wants_json:
        return _state_response(call.grant, instance)
    return call.page("stop.html", grant=call.grant, instance=instance)


def stop(call: Call) -> Response:
    """Stop the notebook, if the grant allows it."""
    call.gate.launcher.stop(call.caller, call.grant)
    return redirect(call.gate.links.home, status=303)


def notebooks_response(call: Call, grants: list[Grant], *, status: int = 200) -> Response:
    """Return the list of the notebooks of `grants` with their states, as a page with the status `status` or as JSON."""
    rows, links = call.gate.launcher.describe_all(call.caller, grants), call.gate.links
    if call.request.wants_json:
        notebooks = [
            {
                "notebook": str(row.grant.notebook),
                "title": row.grant.title or None,
                "open": links.open(row.grant.notebook),
                "default": row.grant.default,
                "power": row.grant.power,
                "until": row.grant.until,
                **(
                    asdict(row.instance)
                    if row.instance
                    else {"status": _MISSING if row.missing else None, "state": None}
                ),
            }
            for row in rows
        ]
        return json_response({"notebooks": notebooks})
    return call.page(
        "notebooks.html",
        status=status,
        waiting=call.waiting(grants),
        rows=rows,
        caller=call.caller,
        bookmarks=links,
        ask_link=call.ask_link(),
    )


def _state_response(grant: Grant, instance: Instance) -> Response:
    return json_response({"notebook": str(grant.notebook), **asdict(instance)})
