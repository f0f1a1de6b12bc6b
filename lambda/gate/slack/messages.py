"""Answers in Slack's Block Kit: a user's notebooks with their buttons, and errors.

This module is imported after the acknowledgement, because it imports slack_sdk.
Sources: docs.slack.dev, "Block Kit" and "Formatting message text".
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)
from slack_sdk.models.views import View

from gate.slack.access_command import ASK_BUTTON
from gate.slack.command import SlackCommand
from gate.values.caller import Caller
from gate.values.errors.base import GateError
from gate.values.notebook import Notebook
from gate.values.notebook_status import NotebookStatus

MAX_NOTEBOOKS = 20
"""Notebooks in one message. Slack accepts 50 blocks, and each notebook needs two."""

MAX_LABEL_LENGTH = 75
"""Characters in the label of a button (docs.slack.dev, "Button element")."""

TITLE = "Your notebooks"


def notebooks(
    command: SlackCommand,
    caller: Caller,
    rows: Sequence[NotebookStatus],
    link_to: Callable[[Notebook], str],
    *,
    can_ask: bool = False,
) -> list[Block]:
    """Return blocks that show `rows`. `link_to`: returns the URL with which the caller can open a notebook.

    `can_ask`: whether people can ask for access.
    """
    ask = [_ask()] if can_ask else []
    if not rows:
        hint = "Ask for the one that you need." if can_ask else _access_hint(caller)
        return [_section(f"You have no notebooks yet. {hint}"), *ask, _refresh()]
    blocks: list[Block] = [] if command.single_notebook else [HeaderBlock(text=TITLE)]
    for row in rows[:MAX_NOTEBOOKS]:
        blocks.append(_section(_status_text(row)))
        if not row.missing:
            blocks.append(_buttons(command, row, link_to))
    if len(rows) > MAX_NOTEBOOKS:
        more = f"{len(rows) - MAX_NOTEBOOKS} more: type `/notebook NAME` for one of them."
        blocks.append(ContextBlock(elements=[MarkdownTextObject(text=more)]))
    hint = (
        "Each Open link works once, for five minutes, from your company’s networks. Every button press makes new links."
    )
    return [*blocks, ContextBlock(elements=[PlainTextObject(text=hint)]), *ask, _refresh()]


def refusal(command: SlackCommand, error: GateError, *, can_ask: bool = False) -> list[Block]:
    """Return blocks that show the fixed words of `error`, and the reference that finds the log line.

    `can_ask`: whether the caller can ask for access to the notebook of `command`.
    """
    return [
        _section(f"*{error.title}*\n{error.words if can_ask else error.advice}"),
        ContextBlock(elements=[MarkdownTextObject(text=f"Reference: `{command.id}`")]),
        *([_ask(command.notebook)] if can_ask else []),
        _refresh(),
    ]


def message(command: SlackCommand, blocks: Sequence[Block]) -> dict[str, Any]:
    """Return `blocks` as a message to a `response_url`. Only the caller sees it."""
    return {
        "response_type": "ephemeral",
        "replace_original": command.replace_original,
        # The text of notifications and for screen readers.
        "text": TITLE,
        "blocks": [block.to_dict() for block in blocks],
        "unfurl_links": False,
    }


def window(blocks: Sequence[Block]) -> dict[str, Any]:
    """Return `blocks` as a Slack window (modal view). Only the caller sees it."""
    view: dict[str, Any] = View(type="modal", title=TITLE, close="Close", blocks=blocks).to_dict()
    return view


def loading() -> dict[str, Any]:
    """Return the window that is shown until the answer exists."""
    return window([_section("Loading your notebooks …")])


def _status_text(row: NotebookStatus) -> str:
    facts = ["*It no longer exists.* Ask your platform team." if row.missing else "*Its state is unknown right now.*"]
    if row.instance:
        facts = [
            f"*{row.instance.label}* since {_local_time(row.instance.changed)}",
            *filter(None, [row.instance.instance_type]),
        ]
    if row.grant.until:
        facts.append(f"yours until {_local_time(row.grant.until)}")
    # A title must not become a mention or a link (docs.slack.dev, "Formatting message text").
    return f"*{escape(row.grant.label, quote=False)}*\n{' · '.join(filter(None, facts))}"


def _buttons(command: SlackCommand, row: NotebookStatus, link_to: Callable[[Notebook], str]) -> Block:
    notebook = row.grant.notebook
    name = row.grant.title or notebook.name
    buttons = [_button("Open", name, url=link_to(notebook), style="primary")]
    if row.can_start:
        buttons.append(_button("Start", name))
    if row.can_stop:
        confirmation = ConfirmObject(
            title=f"Stop {name}?"[:100], text="Running work ends. Files are kept.", confirm="Stop", deny="Cancel"
        )
        buttons.append(_button("Stop", name, confirm=confirmation))
    return ActionsBlock(block_id=f"{'one' if command.single_notebook else 'all'}:{notebook}", elements=buttons)


def _button(text: str, name: str, **attributes: Any) -> ButtonElement:
    """Return the button `text` for the notebook that people call `name`."""
    label = f"{text} {name}"[:MAX_LABEL_LENGTH]
    return ButtonElement(text=text, action_id=text.lower(), accessibility_label=label, **attributes)


def _refresh() -> Block:
    return ActionsBlock(block_id="all:", elements=[ButtonElement(text="Refresh the list", action_id="refresh")])


def _ask(notebook: str = "") -> Block:
    """Return the button to ask for access. `notebook`: fills in the window."""
    return ActionsBlock(
        block_id=f"ask:{notebook}", elements=[ButtonElement(text="Ask for access", action_id=ASK_BUTTON)]
    )


def _access_hint(caller: Caller) -> str:
    names = " or ".join(f"`{name}`" for name in (caller.subject, *caller.aliases))
    return f"Ask your platform team for access, and tell them who you are: {names}"


def _section(text: str) -> Block:
    return SectionBlock(text=MarkdownTextObject(text=text))


def _local_time(seconds: float) -> str:
    # Slack shows the time in the reader's time zone. The last part is for clients that do not support it.
    fallback = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(seconds)}^{{date_short_pretty}} at {{time}}|{fallback}>"
