"""The entry point of the Lambda function: turns API Gateway's event into a response.

It also takes other events: an answer to Slack is sent by a second invocation, after the first acknowledged the request.
The other aliases than `live` take no events but their own.
"""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import correlation_paths

from gate.container import Gate, get_gate
from gate.platform.aliases import DENIES, OPERATORS, SLACK
from gate.platform.audit import AuditRecord, audited, log_unexpected
from gate.platform.deadline import BACKGROUND_LIMIT, request_deadline
from gate.platform.log import logger
from gate.platform.metrics import count_request, metrics
from gate.routes import Route, route_of
from gate.routes.call import Call
from gate.values.errors.base import GateError
from gate.values.errors.caller import NotSignedInError, SignInEndedError, WrongOriginError
from gate.web.request import Request
from gate.web.responses import Response, error_response, redirect

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any] | None:
    """Answer one request. Every error becomes a response without a traceback."""
    count_request()
    gate, remaining_ms = get_gate(), context.get_remaining_time_in_millis()
    alias = context.invoked_function_arn.rpartition(":")[2]
    # The alias comes first, whatever the event contains: the sender chooses the event, and IAM the sender of an alias.
    if alias == SLACK:
        with request_deadline(remaining_ms, limit=BACKGROUND_LIMIT):
            gate.slack.access_answers.answer(event)
        return None
    if alias == DENIES:
        from gate.routes.denies import write_denies

        with request_deadline(remaining_ms, limit=BACKGROUND_LIMIT):
            write_denies(gate)
        return None
    if alias == OPERATORS:
        from gate.access_requests.operators import decide_for_operator

        with request_deadline(remaining_ms):
            return decide_for_operator(gate.access_requests, event.get("operator"), context)
    if "slack" in event:
        # The event of our own invocation. A client cannot forge it: API Gateway's events have none of these keys.
        from gate.slack.command import SlackCommand

        with request_deadline(remaining_ms, limit=BACKGROUND_LIMIT):
            gate.slack.answers.answer(SlackCommand(**event["slack"]))
        return None
    if "canary" in event:
        # The event of our own schedule, which a client cannot forge either.
        from gate.routes.canary import run_canary

        with request_deadline(remaining_ms, limit=BACKGROUND_LIMIT):
            run_canary(gate, context.function_name)
        return None
    if "reminders" in event:
        from gate.routes.reminders import send_reminders

        with request_deadline(remaining_ms, limit=BACKGROUND_LIMIT):
            send_reminders(gate)
        return None
    request = Request.from_event(event, context.invoked_function_arn)
    return _respond(gate, request, remaining_ms).for_api_gateway(own_host=gate.config.own_host)


def _respond(gate: Gate, request: Request, remaining_ms: float) -> Response:
    try:
        route = route_of(request)
    except GateError as error:
        return error_response(error, request, header=gate.page_header())
    if route.sign_in and not request.bearer and gate.config.is_former_host(request.host):
        return _own_host_redirect(gate, request)
    with request_deadline(remaining_ms, limit=route.time_limit):
        return _route_response(gate, request, route)


def _route_response(gate: Gate, request: Request, route: Route) -> Response:
    record = AuditRecord(route.action)
    try:
        return _call(gate, request, route, record)
    except NotSignedInError as error:
        if route.sign_in and not request.wants_json:
            return _sign_in_redirect(gate, request)
        return _error_response(gate, request, error, record)
    except SignInEndedError as error:
        return _sign_in_ended_response(gate, request, error, record)
    except GateError as error:
        return _error_response(gate, request, error, record)
    except Exception as error:  # noqa: BLE001
        # Lambda would log the text of an unexpected error, which can quote a token or a URL.
        log_unexpected(error)
        return _error_response(gate, request, GateError(), record)


def _call(gate: Gate, request: Request, route: Route, record: AuditRecord) -> Response:
    endpoint = route.load()
    with audited(request, record):
        if route.form and not request.sent_from(gate.config.origin):
            raise WrongOriginError
        return endpoint(Call(gate, request, route.callers, record))


def _sign_in_redirect(gate: Gate, request: Request) -> Response:
    from gate.web.return_url import return_path_of

    return redirect(gate.links.sign_in(return_path_of(request)))


def _own_host_redirect(gate: Gate, request: Request) -> Response:
    """Send an old bookmark to the custom domain. Cookies belong to one host, so nobody could be signed in at both."""
    from gate.web.return_url import return_path_of

    return redirect(gate.links.to(return_path_of(request)))


def _sign_in_ended_response(gate: Gate, request: Request, error: SignInEndedError, record: AuditRecord) -> Response:
    """Return a page that asks to sign in again, and remove the cookie that /login would accept as a sign-in.

    A redirect could loop: a sign-in within the second of the cutoff is also before it.
    """
    # Pages ask for states in the background. The cookie stays until the person has seen the message.
    if not request.wants_json and not request.by_script:
        if error.via == "session":
            error.cookies = [gate.identity.sessions.sign_out_cookie()]
        elif error.via == "ticket":
            error.cookies = gate.identity.tickets.removal_cookies(request)
    return _error_response(gate, request, error, record)


def _error_response(gate: Gate, request: Request, error: GateError, record: AuditRecord) -> Response:
    """Report `error` with the notebook and the account of the request, as far as they were found out before it."""
    label = record.grant.label if record.grant else str(record.notebook or "")
    caller = None if error.cookies else record.caller  # the cookies of an error end the sign-in
    return error_response(error, request, header=gate.page_header(caller), notebook=label)
