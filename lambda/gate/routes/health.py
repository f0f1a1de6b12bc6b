"""The health check."""

from gate.container import Gate
from gate.web.request import Request
from gate.web.responses import Response, json_response


def health(_gate: Gate, _request: Request) -> Response:
    """Report that the function runs. It calls no other service and reveals nothing."""
    return json_response({"status": "ok"})
