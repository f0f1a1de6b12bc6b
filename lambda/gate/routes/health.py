"""Whether the function runs at all."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from gate.responses import document

router = Router()


@router.get("/health")
def health() -> Response[str]:
    """Say that the function answers; it asks no neighbour and tells no secret."""
    return document({"status": "ok"})
