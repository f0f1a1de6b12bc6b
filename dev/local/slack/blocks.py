"""The limits that Slack sets for blocks."""

from typing import Any

MAX_BLOCKS = {"message": 50, "modal": 100}
"""Blocks (docs.slack.dev, "Blocks")."""

MAX_TEXT, MAX_URL, MAX_LABEL = 3000, 3000, 75
"""Characters."""


class InvalidBlocksError(Exception):
    """Slack would reject these blocks; the text says why."""


def check_blocks(blocks: Any, kind: str) -> None:
    """Raise `InvalidBlocksError` if Slack would reject `blocks` in a `kind` ("message" or "modal")."""
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= MAX_BLOCKS[kind]:
        raise InvalidBlocksError("blocks: a message takes 1 to 50, a modal 1 to 100")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) != len(ids):
        raise InvalidBlocksError("block_id: used more than once")
    for block in blocks:
        elements = block.get("elements", [])
        actions = [element["action_id"] for element in elements if "action_id" in element]
        texts = [element["text"] for element in (block, *elements) if "text" in element]
        if len(set(actions)) != len(actions):
            raise InvalidBlocksError("action_id: used more than once in a block")
        if any(len(text if isinstance(text, str) else text["text"]) > MAX_TEXT for text in texts):
            raise InvalidBlocksError(f"text: longer than {MAX_TEXT} characters")
        if any(len(element.get("accessibility_label", "")) > MAX_LABEL for element in elements):
            raise InvalidBlocksError(f"accessibility_label: longer than {MAX_LABEL} characters")
        if any(len(element.get("url", "")) > MAX_URL for element in elements):
            raise InvalidBlocksError(f"url: longer than {MAX_URL} characters")
