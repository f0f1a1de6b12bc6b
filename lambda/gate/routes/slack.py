"""Slash commands, shortcuts and button presses from Slack."""

from urllib.parse import parse_qs

from gate.platform.audit import AuditRecord, audited
from gate.routes.call import Call
from gate.slack.access_command import AccessCommand
from gate.slack.command import is_slash_command
from gate.values.errors.slack import SlackRefusedError
from gate.values.errors.upstream import UpstreamError
from gate.web.responses import Response, json_response


def slack(call: Call) -> Response:
    """Acknowledge a request from Slack. The answer follows later. A request that is not from Slack gets an empty 401.

    If no answer can follow, the response to a slash command has the error in words.
    """
    gate, request = call.gate, call.request
    if _is_ssl_check(request.body):
        return Response(200)
    requests = gate.slack.requests
    try:
        with audited(request, AuditRecord("slack")):
            command = requests.admit(request)
            if isinstance(command, AccessCommand):
                acknowledgement = requests.forward(command, request)
                return json_response(acknowledgement) if acknowledgement else Response(200)
            if command is not None:
                requests.answer_later(command, request.function_arn)
    except SlackRefusedError:
        return Response(401, headers={"WWW-Authenticate": "Slack-Signature"})
    except UpstreamError as error:
        if not is_slash_command(request):
            raise  # Slack then shows an error of its own. It would not show a text of ours.
        words = f"*{error.title}*\n{error.words}\nReference: `{request.id}`"
        return json_response({"response_type": "ephemeral", "text": words})
    return Response(200)


def _is_ssl_check(body: bytes) -> bool:
    """Return whether `body` is the form with which Slack checks the server's certificate, which asks for nothing.

    Source: docs.slack.dev, "Implementing slash commands".
    """
    try:
        form = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=2)
    except ValueError:
        return False
    return form.get("ssl_check") == ["1"] and form.keys() <= {"ssl_check", "token"}
