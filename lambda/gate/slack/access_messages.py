"""Access requests in Slack's Block Kit: the window to ask, messages to approvers, and outcomes.

What a person typed is shown as plain text, in which Slack interprets no markup, mention or link.
"""

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from gate.access_requests.access_request import MAX_REASON_LENGTH, AccessRequest
from gate.access_requests.participant import shown_name
from gate.access_requests.rules import RequestRules
from gate.slack.access_command import ALLOW_BUTTON, ALLOW_SELECT, ASK_BUTTON, ASK_WINDOW, DENY_BUTTON, AccessCommand
from gate.values.errors.base import GateError
from gate.values.notebook import MAX_LENGTH
from gate.web.durations import in_words

TITLE = "Ask for access"


def ask_window(notebook: str, reason: str, durations: Sequence[int]) -> dict[str, Any]:
    """Return the window in which a user asks for access. `notebook` and `reason` fill in the form."""
    options = [_length(each) for each in durations]
    blocks = [
        InputBlock(
            label="Notebook",
            element=PlainTextInputElement(action_id="notebook", initial_value=notebook or None, max_length=MAX_LENGTH),
        ),
        InputBlock(
            label="Why do you need it?",
            element=PlainTextInputElement(
                action_id="reason", initial_value=reason or None, multiline=True, max_length=MAX_REASON_LENGTH
            ),
        ),
        InputBlock(
            label="For how long?",
            element=StaticSelectElement(action_id="seconds", options=options, initial_option=options[0]),
        ),
    ]
    return View(
        type="modal", callback_id=ASK_WINDOW, title=TITLE, submit="Ask", close="Cancel", blocks=blocks
    ).to_dict()


def progress_window() -> dict[str, Any]:
    """Return the window that is shown until the answer exists."""
    return window([_text("One moment …")])


def window(blocks: Sequence[Block]) -> dict[str, Any]:
    """Return `blocks` as a window."""
    view: dict[str, Any] = View(type="modal", title=TITLE, close="Close", blocks=blocks).to_dict()
    return view


def reply(blocks: Sequence[Block]) -> dict[str, Any]:
    """Return `blocks` as a message that only the user sees, below what they typed or pressed."""
    return {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": "Access requests",
        "blocks": [block.to_dict() for block in blocks],
        "unfurl_links": False,
    }


def post(request: AccessRequest, blocks: Sequence[Block]) -> dict[str, Any]:
    """Return `blocks` as a message about `request` in a channel. Slack shows no preview of any link in it."""
    return {
        "text": f"Access request for {request.notebook}",
        "blocks": [block.to_dict() for block in blocks],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def asked(request: AccessRequest) -> list[Block]:
    """Return what the person who asked sees."""
    if request.decision:
        return outcome(request)
    return [
        _text(f"You asked for {request.notebook}, for {in_words(request.seconds)}."),
        _hint("You get a message here when somebody has decided. The request ends after a day."),
    ]


def refusal(command: AccessCommand, error: GateError, *, page_url: str) -> list[Block]:
    """Return the fixed words of `error`, the reference that finds the log line, and a link to the page."""
    link = ButtonElement(text="Open the page", action_id="access-page", url=page_url)
    return [
        _text(f"{error.title}\n{error.words}"),
        _hint(f"Reference: {command.id}"),
        ActionsBlock(elements=[link]),
    ]


def for_approvers(request: AccessRequest, rules: RequestRules, *, page_url: str) -> list[Block]:
    """Return the message to the approvers: the request, with buttons while it is open."""
    who, why = shown_name(request.requester), _text(f"Why: {request.reason}")
    if request.is_automatic:
        return [_text(f"{who} has access to {request.notebook} {request.end_in_words}, by {request.decider}."), why]
    blocks: list[Block] = [_text(f"{who} asks for {request.notebook}, for {in_words(request.seconds)}"), why]
    if request.decision:
        return [*blocks, _hint(_outcome(request))]
    if request.obstacle:
        return [*blocks, _hint("This request has ended.")]
    for approval in request.approvals:
        blocks.append(_hint(f"Approved by {shown_name(approval.by)}. One more person must approve."))
    return [*blocks, _decisions(request, rules, page_url)]


def outcome(request: AccessRequest) -> list[Block]:
    """Return the message to the person who asked in Slack, after a decision."""
    blocks: list[Block] = [_text(f"{request.notebook}: {_outcome(request)}")]
    if request.decision == "allowed":
        # The button of the list of notebooks, whose answer has a link to the notebook.
        show = ButtonElement(text="Show the notebook", action_id="refresh")
        blocks.append(ActionsBlock(block_id=f"one:{request.notebook}", elements=[show]))
    return blocks


def ends_soon(request: AccessRequest, *, now: float) -> list[Block]:
    """Return the reminder to the person who asked in Slack. Its button opens the window to ask, with the same reason.

    `now`: epoch seconds.
    """
    minutes = max(1, round((request.until - now) / 60))
    more = ButtonElement(text="Ask for more time", action_id=ASK_BUTTON, value=request.reason)
    return [
        _text(f"Your access to {request.notebook} ends in {minutes} minute{'s' if minutes > 1 else ''}."),
        ActionsBlock(block_id=f"ask:{request.notebook}", elements=[more]),
    ]


def _decisions(request: AccessRequest, rules: RequestRules, page_url: str) -> Block:
    allow = ButtonElement(
        text=f"Allow {in_words(request.seconds)}",
        action_id=ALLOW_BUTTON,
        value=str(request.seconds),
        style="primary",
    )
    until = StaticSelectElement(
        action_id=ALLOW_SELECT,
        placeholder="Allow until …",
        options=[_length(each, suffix=" from now") for each in rules.durations],
    )
    confirmation = ConfirmObject(
        title="Decline?", text="The person can ask again.", confirm="Decline", deny="Cancel", style="danger"
    )
    deny = ButtonElement(text="No", action_id=DENY_BUTTON, confirm=confirmation)
    page = ButtonElement(text="Open the page", action_id="access-page", url=page_url)
    return ActionsBlock(block_id=f"access:{request.id}", elements=[allow, until, deny, page])


def _outcome(request: AccessRequest) -> str:
    if request.decision == "denied":
        return f"Declined by {request.decider}."
    return f"Allowed by {', '.join(shown_name(each.by) for each in request.approvals)} {request.end_in_words}."


def _length(seconds: int, *, suffix: str = "") -> Option:
    return Option(text=PlainTextObject(text=f"{in_words(seconds)}{suffix}", emoji=False), value=str(seconds))


def _text(text: str) -> SectionBlock:
    return SectionBlock(text=PlainTextObject(text=text, emoji=False))


def _hint(text: str) -> ContextBlock:
    return ContextBlock(elements=[PlainTextObject(text=text, emoji=False)])
