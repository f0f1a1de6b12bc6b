"""Access requests in Slack's Block Kit: messages to approvers and to the person who asked.

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
    Option,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
)

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.keys import Reference
from gate.access_requests.rules import RequestRules
from gate.access_requests.wording import closing, outcome, sentence, until
from gate.slack.access_command import (
    ALLOW_BUTTON,
    ALLOW_SELECT,
    ASK_BUTTON,
    DENY_BUTTON,
    END_BUTTON,
    WITHDRAW_BUTTON,
    AccessCommand,
)
from gate.values.errors.base import GateError
from gate.values.notebook import Notebook
from gate.web.durations import in_words
from gate.web.people import name_of


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


def post(notebook: Notebook, blocks: Sequence[Block]) -> dict[str, Any]:
    """Return `blocks` as a message about access to `notebook`. Slack shows no preview of any link in it."""
    return {
        "text": f"Access request for {notebook}",
        "blocks": [block.to_dict() for block in blocks],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def asked(request: AccessRequest) -> list[Block]:
    """Return what the person who asked sees."""
    if request.decision:
        return decided(request)
    return [
        text_block(f"You asked for {request.notebook}, for {in_words(request.seconds)}."),
        _hint("You get a message here when somebody has decided. The request ends after a day."),
        ActionsBlock(block_id=_block_id(request), elements=[ButtonElement(text="Withdraw", action_id=WITHDRAW_BUTTON)]),
    ]


def withdrawn(request: AccessRequest) -> list[Block]:
    """Return what the person who asked sees after they have withdrawn the request."""
    again = ButtonElement(text="Ask again", action_id=ASK_BUTTON)
    return [
        text_block(f"You withdrew your request for {request.notebook}."),
        ActionsBlock(block_id=f"ask:{request.notebook}", elements=[again]),
    ]


def refusal(command: AccessCommand, error: GateError, *, page_url: str) -> list[Block]:
    """Return the fixed words of `error`, the reference that finds the log line, and a link to the page."""
    link = ButtonElement(text="Open the page", action_id="access-page", url=page_url)
    return [
        text_block(f"{error.title}\n{error.advice}"),
        _hint(f"Reference: {command.id}"),
        ActionsBlock(elements=[link]),
    ]


def for_approvers(request: AccessRequest, rules: RequestRules, *, page_url: str) -> list[Block]:
    """Return the message to the approvers: the request, with buttons while it is open."""
    who, why = name_of(request.requester), text_block(f"Why: {request.reason}")
    if request.is_automatic:
        rule = name_of(request.decided_by)
        has = text_block(f"{who} has access to {request.notebook} {until(request)}, by {rule}.")
        return [has, why, *_end(request)] if not request.ended_by else [has, why, *_outcome(request)]
    blocks: list[Block] = [text_block(f"{who} asks for {request.notebook}, for {in_words(request.seconds)}"), why]
    if request.decision:
        return [*blocks, *_outcome(request), *_end(request)]
    if request.obstacle:
        return [*blocks, _hint("This request has ended.")]
    if request.approvals:
        blocks.append(_hint(sentence(outcome(request, "open"))))
    return [*blocks, _decisions(request, rules, page_url)]


def decided(request: AccessRequest) -> list[Block]:
    """Return the message to the person who asked in Slack, after a decision."""
    blocks = [text_block(str(request.notebook)), *_outcome(request, to_asker=True)]
    if request.decision == "allowed" and not request.ended_by:
        # The button of the list of notebooks, whose answer has a link to the notebook.
        show = ButtonElement(text="Show the notebook", action_id="refresh")
        blocks += [ActionsBlock(block_id=f"one:{request.notebook}", elements=[show]), *_end(request, to_asker=True)]
    return blocks


def ended(request: AccessRequest, rules: RequestRules) -> list[Block]:
    """Return what somebody sees after they have ended the access that `request` led to."""
    hint = _hint(closing(request.notebook, home=rules.home))
    return [text_block(str(request.notebook)), *_outcome(request), hint]


def ends_soon(reference: Reference, *, now: float) -> list[Block]:
    """Return the reminder to the person who asked in Slack. Its button opens the window to ask, with the same reason.

    `now`: epoch seconds.
    """
    left = in_words(max(1, round((reference.time - now) / 60)) * 60)
    more = ButtonElement(text="Ask for more time", action_id=ASK_BUTTON, value=reference.reason)
    return [
        text_block(f"Your access to {reference.notebook} ends in {left}."),
        ActionsBlock(block_id=f"ask:{reference.notebook}", elements=[more]),
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
        options=[length_option(each, suffix=" from now") for each in rules.durations],
    )
    deny = ButtonElement(text="Deny", action_id=DENY_BUTTON)
    page = ButtonElement(text="Open the page", action_id="access-page", url=page_url)
    return ActionsBlock(block_id=_block_id(request), elements=[allow, until, deny, page])


def _end(request: AccessRequest, *, to_asker: bool = False) -> list[Block]:
    """Return the button that ends the access, if `request` led to one that lasts."""
    if request.decision != "allowed" or request.ended_by:
        return []
    words, whose = ("Give back", "your") if to_asker else ("End access", f"{name_of(request.requester)}'s")
    confirm = ConfirmObject(
        title=f"{words}?",
        text=PlainTextObject(text=f"This ends {whose} access to {request.notebook}, and closes what is open there."),
        confirm=words,
        deny="Cancel",
    )
    end = ButtonElement(text=words, action_id=END_BUTTON, confirm=confirm)
    return [ActionsBlock(block_id=_block_id(request), elements=[end])]


def _outcome(request: AccessRequest, *, to_asker: bool = False) -> list[Block]:
    words = sentence(outcome(request, request.decision or "open", to_asker=to_asker))
    return [_hint(words), *([text_block(f"Why not: {request.decision_reason}")] if request.decision_reason else [])]


def _block_id(request: AccessRequest) -> str:
    return f"access:{request.id}"


def length_option(seconds: int, *, suffix: str = "") -> Option:
    """Return a length of access as an option of a menu."""
    return Option(text=PlainTextObject(text=f"{in_words(seconds)}{suffix}", emoji=False), value=str(seconds))


def text_block(text: str) -> SectionBlock:
    """Return `text` as a block in which Slack interprets nothing."""
    return SectionBlock(text=PlainTextObject(text=text, emoji=False))


def _hint(text: str) -> ContextBlock:
    return ContextBlock(elements=[PlainTextObject(text=text, emoji=False)])
