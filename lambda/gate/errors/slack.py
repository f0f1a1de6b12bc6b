"""Slack, and the links that it hands out."""

from gate.errors.base import BadRequestError, ForbiddenError, GateError, UnauthenticatedError
from gate.errors.upstream import UpstreamError


class InvalidTicketError(UnauthenticatedError):
    """The ticket in the link was altered, is late, was used, or is for another notebook."""

    reason = "invalid_ticket"
    title = "This link is no longer good"
    words = (
        "A link from Slack opens one notebook, once, for five minutes. Press Open in Slack again, or type /notebook "
        "there for a new one. You can also sign in here."
    )


class TicketPreviewError(ForbiddenError):
    """Something looked at a link before anybody clicked it."""

    reason = "ticket_preview"
    title = "This link waits for a click"
    words = "It opens a notebook for the person who asked for it. Click it in Slack."


class OtherPersonError(GateError):
    """A link's notebook does not run yet, and in this browser somebody else than the link's person is signed in."""

    status = 409
    reason = "other_person"
    title = "You are signed in here under another name"
    words = (
        "This link was made for somebody else than the person who is signed in here, and its notebook can't be opened "
        "right now. Sign out on the page of your notebooks, then press Open in Slack again."
    )


class SlackDownError(UpstreamError):
    """Slack's API does not answer, or refuses the bot token."""

    reason = "slack_down"
    title = "Slack does not say who you are"
    words = "Try again in a minute; if it stays, send the reference to your platform team."

    def __init__(self, code: str = "") -> None:
        """`code`: Slack's own error code, or what failed, for logs and operators; no answer carries it."""
        super().__init__()
        self.code = code


class InvalidSlackRequestError(BadRequestError):
    """Slack's signature is right, and what it signed is nothing that Slack would send."""

    reason = "invalid_slack_request"
    title = "That is no request of Slack's"
    words = "Send a slash command, a global shortcut or a block action, as Slack does."


class SlackRefusedError(UnauthenticatedError):
    """It is not Slack that calls, or not for us. Told by an empty 401 alone; the log knows why."""


class SlackSignatureError(SlackRefusedError):
    """The signature is missing, wrong, or more than five minutes off."""

    reason = "slack_signature"


class SlackTeamError(SlackRefusedError):
    """The workspace is not in the settings."""

    reason = "slack_team"


class SlackReplayError(SlackRefusedError):
    """The very same request came before."""

    reason = "slack_replay"
