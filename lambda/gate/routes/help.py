"""Help for callers whose open notebook refuses them."""

from gate.routes.call import Call
from gate.web.responses import Response, json_response


def refusal_help(call: Call) -> Response:
    """Explain what a refusal inside a notebook means, and which facts the platform team needs.

    The page needs no sign-in and no other service, so that it also answers during an outage.
    """
    now, address = call.gate.now(), call.request.address
    if call.request.wants_json:
        return json_response({"address": address, "time": int(now)})
    return call.page("help.html", address=address, now=now, pin=call.gate.config.pin)
