"""The Lambda function's entry point: API Gateway's event in, its answer out.

It also takes events of its own: what Slack asked for is answered in an invocation after the one that acknowledged it.
"""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import correlation_paths

from gate.audit import log_unexpected
from gate.container import Gate, get_gate
from gate.deadline import ACKNOWLEDGE_WITHIN, ANSWER_WITHIN, BACKGROUND_LIMIT, request_deadline
from gate.errors.base import GateError
from gate.errors.caller import NotSignedInError, SignInEndedError
from gate.identity.return_url import return_path_of, sign_in_path
from gate.log import logger
from gate.metrics import count_request, metrics
from gate.routes import endpoint_of
from gate.web.request import Request
from gate.web.responses import Response, failure, redirect

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any] | None:
    """Answer one request; whatever goes wrong is answered too, and never with a traceback."""
    count_request()
    gate, remaining = get_gate(), context.get_remaining_time_in_millis()
    if "slack" in event:
        # API Gateway's events have no such part, whatever a client sends: this one is ours, and nobody waits for it.
        from gate.slack.command import SlackCommand

        with request_deadline(remaining, most=BACKGROUND_LIMIT):
            gate.slack.answer(SlackCommand(**event["slack"]))
        return None
    request = Request.from_event(event, context.invoked_function_arn)
    with request_deadline(remaining, most=ACKNOWLEDGE_WITHIN if request.resource == "/slack" else ANSWER_WITHIN):
        return _answer(gate, request).for_api_gateway(own_host=gate.config.own_host)


def _answer(gate: Gate, request: Request) -> Response:
    try:
        return endpoint_of(request)(gate, request)
    except NotSignedInError as error:
        return _send_to_login(gate, request, error)
    except SignInEndedError as error:
        return _sign_in_ended_response(gate, request, error)
    except GateError as error:
        return _error_response(gate, request, error)
    except Exception as error:  # noqa: BLE001
        # What nobody foresaw. Left to Lambda, its text would be logged, and may quote a token or a URL.
        log_unexpected(error)
        return _error_response(gate, request, GateError())


def _send_to_login(gate: Gate, request: Request, error: NotSignedInError) -> Response:
    """Let a browser that only follows a link sign in and come back; tell everybody else."""
    if request.wants_json or request.method != "GET":
        return _error_response(gate, request, error)
    return redirect(gate.config.base_url + sign_in_path(return_path_of(request)))


def _sign_in_ended_response(gate: Gate, request: Request, error: SignInEndedError) -> Response:
    """Tell it on a page that asks to sign in, and remove what /login would take for a sign-in.

    A redirect could go round in circles: who signs in within the second of the cutoff is still before it.
    """
    ended = {"session": lambda: [gate.sign_in_sessions.end()], "ticket": lambda: gate.tickets.forget(request)}
    # A page that waits asks for JSON in the background: the cookie stays until the person has been told.
    forget = ended.get(error.via) if not request.wants_json else None
    return failure(error, request, base_path=gate.config.base_path, cookies=forget() if forget else [])


def _error_response(gate: Gate, request: Request, error: GateError) -> Response:
    """Tell a refusal or failure in its own fixed words."""
    return failure(error, request, base_path=gate.config.base_path)
