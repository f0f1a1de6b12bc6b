"""The answers as Block Kit writes them: one's notebooks with their buttons, and refusals in plain words.

Sources: docs.slack.dev, "Block Kit" and "Formatting message text". Imported after the acknowledgement only.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
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

from gate.errors.base import GateError
from gate.identity.caller import Caller
from gate.launch.notebook_status import NotebookStatus
from gate.notebook import Notebook
from gate.slack.command import SlackCommand

MAX_NOTEBOOKS = 20
"""Notebooks in one message; Slack takes 50 blocks, and each notebook is two."""

TITLE = "Your notebooks"


def notebooks(
    command: SlackCommand, caller: Caller, rows: Sequence[NotebookStatus], link: Callable[[Notebook], str]
) -> list[Block]:
    """Show `rows`. `link`: makes the address by which the caller comes to a notebook."""
    if not rows:
        return [_section(f"You have no notebooks yet. {_how_to_get_one(caller)}"), _refresh()]
    blocks: list[Block] = [] if command.alone else [HeaderBlock(text=TITLE)]
    for row in rows[:MAX_NOTEBOOKS]:
        blocks += [_section(_standing(row)), _buttons(command, row, link)]
    if len(rows) > MAX_NOTEBOOKS:
        more = f"{len(rows) - MAX_NOTEBOOKS} more: type `/notebook NAME` for one of them."
        blocks.append(ContextBlock(elements=[MarkdownTextObject(text=more)]))
    hint = "Open is good for five minutes, once, from your company’s networks; each press brings a fresh one."
    return [*blocks, ContextBlock(elements=[PlainTextObject(text=hint)]), _refresh()]


def refusal(command: SlackCommand, error: GateError) -> list[Block]:
    """Tell `error` in its own fixed words, with the reference that finds the log line."""
    return [
        _section(f"*{error.title}*\n{error.words}"),
        ContextBlock(elements=[MarkdownTextObject(text=f"Reference: `{command.id}`")]),
        _refresh(),
    ]


def message(command: SlackCommand, blocks: Sequence[Block]) -> dict[str, Any]:
    """Return `blocks` as what goes to a `response_url`: seen by the caller alone."""
    return {
        "response_type": "ephemeral",
        "replace_original": command.replaces,
        # What screen readers and notifications say.
        "text": TITLE,
        "blocks": [block.to_dict() for block in blocks],
        "unfurl_links": False,
    }


def window(blocks: Sequence[Block]) -> dict[str, Any]:
    """Return `blocks` as a window of Slack's, which only who asked for it sees."""
    view: dict[str, Any] = View(type="modal", title=TITLE, close="Close", blocks=blocks).to_dict()
    return view


def loading() -> dict[str, Any]:
    """Return the window that stands there until its content is known."""
    return window([_section("Looking at your notebooks …")])


def _standing(row: NotebookStatus) -> str:
    facts = ["*Its state is unknown right now.*"]
    if row.instance:
        facts = [f"*{row.instance.state_label}* since {_when(row.instance.changed)}", row.instance.instance_type]
    if row.grant.until:
        facts.append(f"yours until {_when(row.grant.until)}")
    return f"*{row.grant.notebook}*\n{' · '.join(facts)}"


def _buttons(command: SlackCommand, row: NotebookStatus, link: Callable[[Notebook], str]) -> Block:
    notebook = row.grant.notebook
    # Labels and titles have a limit, which a name alone stays below.
    name = notebook.name
    open_it = ButtonElement(
        text="Open", action_id="open", url=link(notebook), style="primary", accessibility_label=f"Open {name}"
    )
    buttons = [open_it]
    if row.can_start:
        buttons.append(ButtonElement(text="Start", action_id="start", accessibility_label=f"Start {name}"))
    if row.can_stop:
        sure = ConfirmObject(
            title=f"Stop {name}?"[:100], text="What runs in it ends; its files stay.", confirm="Stop", deny="Cancel"
        )
        buttons.append(ButtonElement(text="Stop", action_id="stop", confirm=sure, accessibility_label=f"Stop {name}"))
    return ActionsBlock(block_id=f"{'one' if command.alone else 'all'}:{notebook}", elements=buttons)


def _refresh() -> Block:
    return ActionsBlock(block_id="all:", elements=[ButtonElement(text="Refresh the list", action_id="refresh")])


def _how_to_get_one(caller: Caller) -> str:
    names = " or ".join(f"`{name}`" for name in (caller.subject, *caller.aliases))
    return f"Ask your platform team for access, and tell them who you are: {names}"


def _section(text: str) -> Block:
    return SectionBlock(text=MarkdownTextObject(text=text))


def _when(seconds: float) -> str:
    # In the reader's own time zone; the last part is for clients that can't tell it.
    fallback = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(seconds)}^{{date_short_pretty}} at {{time}}|{fallback}>"
