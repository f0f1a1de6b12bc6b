"""Errors of Slack's requests, and of the links that the gate sends to Slack."""

from gate.values.errors.base import BadRequestError, ForbiddenError, GateError, NextPage, UnauthenticatedError
from gate.values.errors.upstream import UpstreamError

# fmt: off

class InvalidTicketError(UnauthenticatedError, reason="invalid_ticket", title="This link is no longer valid",
        next_page=NextPage.SIGN_IN,
        words="A link from Slack opens one notebook, once, for five minutes. Press Open in Slack again, or type "
        "/notebook there for a new one. You can also sign in here."):
    """The ticket in the link is altered, more than five minutes old, used, or for another notebook."""

class TicketPreviewError(ForbiddenError, reason="ticket_preview", title="This link waits for a click",
        words="It opens a notebook for the person who asked for it. Click it in Slack."):
    """The request is a preview or prefetch of a link that nobody has clicked yet. The link stays valid."""

class OtherPersonError(GateError, reason="other_person", title="You are signed in here under another name", status=409,
        words="This link was made for another person than the one who is signed in here, and its notebook can't be "
        "opened right now. Sign out on the page of your notebooks, then press Open in Slack again."):
    """The notebook of the link does not run yet, and another person than the link's is signed in at this browser."""

class SlackDownError(UpstreamError, reason="slack_down", title="Slack is not responding",
        words="Try again in a minute. If it happens again, send the reference to your platform team."):
    """Slack's API does not respond, or refuses the bot token."""

    def __init__(self, code: str = "") -> None:
        """`code`: Slack's error code or the kind of failure, for logs and operators only."""
        super().__init__()
        self.code = code

class InvalidSlackRequestError(BadRequestError, reason="invalid_slack_request",
        title="This is not a request that Slack sends",
        words="Send a slash command, a global shortcut or a block action, as Slack does."):
    """The signature is valid, but the content is not one of Slack's payloads."""

class SlackRefusedError(UnauthenticatedError):
    """The request is not from Slack, or not for this deployment.

    The response is an empty 401. Only the log has the reason.
    """

class SlackSignatureError(SlackRefusedError, reason="slack_signature"):
    """The signature is missing, wrong, or more than five minutes old."""

class SlackTeamError(SlackRefusedError, reason="slack_team"):
    """The settings do not list the workspace."""

class SlackReplayError(SlackRefusedError, reason="slack_replay"):
    """The same request came before."""
