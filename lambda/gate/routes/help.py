"""Help for callers whose open notebook refuses them."""

from gate.container import Gate
from gate.web.request import Request
from gate.web.responses import Response, json_response, page


def refusal_help(gate: Gate, request: Request) -> Response:
    """Explain what a refusal inside a notebook means, and which facts the platform team needs.

    The page needs no sign-in and no other service, so that it also answers during an outage.
    """
    now = gate.now()
    if request.wants_json:
        return json_response({"address": request.address, "time": int(now)})
    config = gate.config
    return page("help.html", base_path=config.base_path, address=request.address, now=now, pin=config.pin)
