"""A message or a window as Slack keeps and shows it: blocks, with buttons to press."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_BLOCKS = {"message": 50, "modal": 100}
"""Blocks that Slack takes (docs.slack.dev, "Blocks")."""


class InvalidBlocksError(Exception):
    """Slack would refuse these blocks; the text says why."""


@dataclass(frozen=True)
class Surface:
    """What somebody sees."""

    blocks: Sequence[Mapping[str, Any]]
    view: Mapping[str, Any] | None = None
    """The window, where it is one."""

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """The buttons from top to bottom, each with the block that it stands in."""
        return [
            {**element, "block_id": block["block_id"]}
            for block in self.blocks
            if block["type"] == "actions"
            for element in block["elements"]
        ]

    @property
    def text(self) -> str:
        """All that can be read, with the buttons' labels in brackets."""
        lines = []
        for block in self.blocks:
            match block["type"]:
                case "section" | "header":
                    lines.append(_plain(block["text"]["text"]))
                case "context":
                    lines += [_plain(element["text"]) for element in block["elements"]]
                case "actions":
                    lines.append(" ".join(f"[{element['text']['text']}]" for element in block["elements"]))
        return "\n".join(lines)


def check(blocks: Any, kind: str) -> None:
    """Raise `InvalidBlocksError` where Slack would refuse `blocks` of a `kind` ("message" or "modal")."""
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= MOST_BLOCKS[kind]:
        raise InvalidBlocksError("blocks: from 1 to 50 in a message, to 100 in a window")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) != len(ids):
        raise InvalidBlocksError("block_id: more than once")
    for block in blocks:
        elements = block.get("elements", [])
        actions = [element["action_id"] for element in elements if "action_id" in element]
        texts = [element["text"] for element in (block, *elements) if "text" in element]
        if len(set(actions)) != len(actions):
            raise InvalidBlocksError("action_id: more than once in a block")
        if any(len(text if isinstance(text, str) else text["text"]) > 3000 for text in texts):
            raise InvalidBlocksError("text: over 3000 characters")
        if any(len(element.get("url", "")) > 3000 for element in elements):
            raise InvalidBlocksError("url: over 3000 characters")


def _plain(text: str) -> str:
    # A date's fallback is what a terminal can show.
    return re.sub(r"<!date\^[^|>]*\|([^>]*)>", r"\1", text).replace("*", "").replace("`", "")
