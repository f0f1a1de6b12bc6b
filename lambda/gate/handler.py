"""The Lambda function's entry point: API Gateway's event in, its answer out.

It also takes events of its own: what Slack asked for is answered in an invocation after the one that acknowledged it.
"""

from typing import Any
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from gate.audit import log_unexpected, logger
from gate.errors import GateError, NotFoundError, NotSignedInError
from gate.identity.target import safe_target
from gate.metrics import count_request, metrics
from gate.request import Request
from gate.responses import failure, redirect
from gate.routes import health, login, notebooks, opening, slack
from gate.service import the_gate
from gate.slack.ask import Ask

app = APIGatewayRestResolver()
for part in (opening, notebooks, login, slack, health):
    app.include_router(part.router)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
    """Answer one request; whatever goes wrong is answered too, and never with a traceback."""
    count_request()
    if "slack" in event:
        # API Gateway's events have no such part, whatever a client sends: this one is ours.
        the_gate().slack.answer(Ask(**event["slack"]))
        return None
    return app.resolve(event, context)


def send_to_login(error: NotSignedInError) -> Response[str]:
    """Let a browser that only follows a link sign in and come back; tell everybody else."""
    event, request = app.current_event, Request.from_event(app.current_event.raw_event)
    if request.wants_json or event.http_method != "GET":
        return tell(error)
    view = f"?view={request.query['view']}" if "view" in request.query else ""
    query = urlencode({"next": safe_target(event.path + view)})
    return redirect(f"{the_gate().config.base_url}/login?{query}")


def tell(error: GateError) -> Response[str]:
    """Tell a refusal or failure in its own fixed words."""
    request = Request.from_event(app.current_event.raw_event)
    return failure(error, request, base_path=the_gate().config.base_path)


def not_found(_error: Exception) -> Response[str]:
    """Answer for addresses that no route knows."""
    return tell(NotFoundError())


def unexpected(error: Exception) -> Response[str]:
    """Answer for what nobody foresaw. Without this handler the router itself would log its text, with a traceback."""
    log_unexpected(error)
    return tell(GateError())


app.exception_handler(NotSignedInError)(send_to_login)
app.exception_handler(GateError)(tell)
app.not_found(not_found)
app.exception_handler(Exception)(unexpected)
