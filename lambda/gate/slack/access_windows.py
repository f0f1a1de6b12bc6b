"""The windows of access requests in Slack: to ask, to deny, and for what came of it."""

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement, StaticSelectElement
from slack_sdk.models.views import View

from gate.access_requests.access_request import MAX_REASON_LENGTH
from gate.slack.access_command import ASK_WINDOW, DENY_WINDOW, AccessCommand
from gate.slack.access_messages import length_option, text_block
from gate.values.notebook import MAX_LENGTH

TITLE = "Access requests"


def ask_window(notebook: str, reason: str, durations: Sequence[int]) -> dict[str, Any]:
    """Return the window in which a user asks for access. `notebook` and `reason` fill in the form."""
    options = [length_option(each) for each in durations]
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
    return window([text_block("One moment …")])


def window(blocks: Sequence[Block]) -> dict[str, Any]:
    """Return `blocks` as a window."""
    view: dict[str, Any] = View(type="modal", title=TITLE, close="Close", blocks=blocks).to_dict()
    return view
