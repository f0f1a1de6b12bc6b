"""Access requests in Slack's Block Kit: the windows to ask and to deny, messages to approvers, and outcomes.

What a person typed is shown as plain text, in which Slack interprets no markup, mention or link.
"""

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
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
from gate.access_requests.rules import RequestRules
from gate.access_requests.wording import outcome, sentence, until
from gate.slack.access_command import (
    ALLOW_BUTTON,
    ALLOW_SELECT,
    ASK_BUTTON,
    ASK_WINDOW,
    DENY_BUTTON,
    DENY_WINDOW,
    WITHDRAW_BUTTON,
    AccessCommand,
)
from gate.values.errors.base import GateError
from gate.values.notebook import MAX_LENGTH
from gate.web.durations import in_words
from gate.web.people import name_of

TITLE = "Access requests"


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
        type="modal", callback_id=ASK_WINDOW, title="Ask for access", submit="Ask", close="Cancel", blocks=blocks
    ).to_dict()


def deny_window(command: AccessCommand) -> dict[str, Any]:
    """Return the window in which the user who pressed Deny says why."""
    reason = InputBlock(
        label="Why not? (the person reads it)",
        element=PlainTextInputElement(action_id="reason", multiline=True, max_length=MAX_REASON_LENGTH),
        optional=True,
    )
    return View(
        type="modal",
        callback_id=DENY_WINDOW,
        private_metadata=command.metadata,
        title="Deny access",
        submit="Deny",
        close="Cancel",
        blocks=[reason],
    ).to_dict()


def progress_window() -> dict[str, Any]:
    """Return the window that is shown until the answer exists."""
    return window([_text("One moment …")])


def window(blocks: Sequence[Block]) -> dict[str, Any]:
    """Return `blocks` as a window."""
    view: dict[str, Any] = View(type="modal", title=TITLE, close="Close", blocks=blocks).to_dict()
    return view


def reply(blocks: Sequence[Block], *, replace_original: bool) -> dict[str, Any]:
    """Return `blocks` as a message that only the user sees.

    `replace_original`: whether it replaces the message whose button they pressed. Otherwise, it is below.
    """
    return {
        "response_type": "ephemeral",
        "replace_original": replace_original,
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
        return decided(request)
    return [
        _text(f"You asked for {request.notebook}, for {in_words(request.seconds)}."),
        _hint("You get a message here when somebody has decided. The request ends after a day."),
        ActionsBlock(block_id=_block_id(request), elements=[ButtonElement(text="Withdraw", action_id=WITHDRAW_BUTTON)]),
    ]


def withdrawn(request: AccessRequest) -> list[Block]:
    """Return what the person who asked sees after they have withdrawn the request."""
    again = ButtonElement(text="Ask again", action_id=ASK_BUTTON)
    return [
        _text(f"You withdrew your request for {request.notebook}."),
        ActionsBlock(block_id=f"ask:{request.notebook}", elements=[again]),
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
    who, why = name_of(request.requester), _text(f"Why: {request.reason}")
    if request.is_automatic:
        rule = name_of(request.decided_by)
        return [_text(f"{who} has access to {request.notebook} {until(request)}, by {rule}."), why]
    blocks: list[Block] = [_text(f"{who} asks for {request.notebook}, for {in_words(request.seconds)}"), why]
    if request.decision:
        return [*blocks, *_outcome(request)]
    if request.obstacle:
        return [*blocks, _hint("This request has ended.")]
    if request.approvals:
        blocks.append(_hint(sentence(outcome(request, "open"))))
    return [*blocks, _decisions(request, rules, page_url)]


def decided(request: AccessRequest) -> list[Block]:
    """Return the message to the person who asked in Slack, after a decision."""
    blocks = [_text(str(request.notebook)), *_outcome(request, to_asker=True)]
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
    deny = ButtonElement(text="Deny", action_id=DENY_BUTTON)
    page = ButtonElement(text="Open the page", action_id="access-page", url=page_url)
    return ActionsBlock(block_id=_block_id(request), elements=[allow, until, deny, page])


def _outcome(request: AccessRequest, *, to_asker: bool = False) -> list[Block]:
    words = sentence(outcome(request, request.decision or "open", to_asker=to_asker))
    return [_hint(words), *([_text(f"Why not: {request.decision_reason}")] if request.decision_reason else [])]


def _block_id(request: AccessRequest) -> str:
    return f"access:{request.id}"


def _length(seconds: int, *, suffix: str = "") -> Option:
    return Option(text=PlainTextObject(text=f"{in_words(seconds)}{suffix}", emoji=False), value=str(seconds))


def _text(text: str) -> SectionBlock:
    return SectionBlock(text=PlainTextObject(text=text, emoji=False))


def _hint(text: str) -> ContextBlock:
    return ContextBlock(elements=[PlainTextObject(text=text, emoji=False)])
