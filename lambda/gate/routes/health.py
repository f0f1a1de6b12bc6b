"""The health check."""

from gate.routes.call import Call
from gate.web.responses import Response, json_response


def health(_call: Call) -> Response:
    """Report that the function runs. It calls no other service and reveals nothing."""
    return json_response({"status": "ok"})
