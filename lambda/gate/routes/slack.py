"""What Slack sends: slash commands, shortcuts, and presses on buttons."""

from gate.audit import decision
from gate.container import Gate
from gate.errors.slack import SlackRefusedError
from gate.errors.upstream import UpstreamError
from gate.slack.command import is_command
from gate.web.request import Request
from gate.web.responses import Response, document


def slack(gate: Gate, request: Request) -> Response:
    """Acknowledge what Slack sends; the answer follows. Whatever is not Slack's gets an empty 401.

    A slash command is answered in words right away when there will be no answer to follow.
    """
    service = gate.slack
    try:
        with decision(request, "slack"):
            command = service.admit(request)
            if command is not None:
                service.begin(command, request.function_arn)
    except SlackRefusedError:
        return Response(401, headers={"WWW-Authenticate": "Slack-Signature"})
    except UpstreamError as error:
        if not is_command(request):
            raise  # of which Slack says that it had trouble, and to try again; it would not show words of ours
        words = f"*{error.title}*\n{error.words}\nReference: `{request.id}`"
        return document({"response_type": "ephemeral", "text": words})
    return Response(200)
