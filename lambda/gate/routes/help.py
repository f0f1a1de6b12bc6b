"""What to do when a notebook refuses somebody who opened it."""

from gate.container import Gate
from gate.web.request import Request
from gate.web.responses import Response, document, page


def when_refused(gate: Gate, request: Request) -> Response:
    """Say what a refusal inside a notebook means, and what the platform team needs to know.

    Nobody has to be signed in, and no neighbour is asked: it also answers while others fail.
    """
    now = gate.now()
    if request.wants_json:
        return document({"address": request.address, "time": int(now)})
    config = gate.config
    return page("help.html", base_path=config.base_path, address=request.address, now=now, pin=config.pin)
