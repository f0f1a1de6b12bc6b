"""What Slack sends: slash commands, shortcuts, and presses on buttons."""

from gate.audit import decision
from gate.errors import SlackRefusedError
from gate.request import Request
from gate.responses import Response
from gate.service import the_gate


def slack(request: Request) -> Response:
    """Acknowledge what Slack sends; the answer follows. Whatever is not Slack's gets an empty 401."""
    desk = the_gate().slack
    try:
        with decision(request, "slack"):
            ask = desk.admit(request)
            if ask is not None:
                desk.begin(ask, request.function_arn)
    except SlackRefusedError:
        return Response(401, headers={"WWW-Authenticate": "Slack-Signature"})
    return Response(200)
