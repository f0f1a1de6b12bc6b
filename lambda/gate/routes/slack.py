"""What Slack sends: slash commands, shortcuts, and presses on buttons."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from gate.audit import decision
from gate.errors import SlackRefusedError
from gate.routes.shared import request_of
from gate.service import the_gate

router = Router()


@router.post("/slack")
def slack() -> Response[str]:
    """Acknowledge what Slack sends; the answer follows. Whatever is not Slack's gets an empty 401."""
    request = request_of(router)
    desk = the_gate().slack
    try:
        with decision(request, "slack"):
            ask = desk.admit(request)
            if ask is not None:
                desk.begin(ask, router.lambda_context.invoked_function_arn)
    except SlackRefusedError:
        return Response(401, body="", headers={"WWW-Authenticate": "Slack-Signature"})
    return Response(200, body="")
