"""What a Slack user sees: the blocks of a message or a modal, with their buttons."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SlackPage:
    """A message or a modal as Slack shows it."""

    blocks: Sequence[Mapping[str, Any]]
    view: Mapping[str, Any] | None = None
    """The modal; None for a message."""
    message: tuple[str, str] | None = None
    """The channel and the timestamp of a posted message; None for one that only one user sees."""

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """The buttons from top to bottom, each with the ID of its block."""
        return [
            {**element, "block_id": block["block_id"]}
            for block in self.blocks
            if block["type"] == "actions"
            for element in block["elements"]
        ]

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """The inputs of a window from top to bottom: `id`, `label`, initial `value`, whether it is
        `optional`, `options` (values by label).
        """
        return [_input(block) for block in self.blocks if block["type"] == "input"]

    @property
    def text(self) -> str:
        """The text without formatting and inputs, with the labels of buttons in brackets."""
        lines = []
        for block in self.blocks:
            match block["type"]:
                case "section" | "header":
                    lines.append(_plain(block["text"]["text"]))
                case "context":
                    lines += [_plain(element["text"]) for element in block["elements"]]
                case "actions":
                    lines.append(" ".join(f"[{label_of(element)}]" for element in block["elements"]))
        return "\n".join(lines)


def label_of(element: Mapping[str, Any]) -> str:
    """Return the text of a button, or of a menu in which nothing is chosen."""
    return str(element["text" if element["type"] == "button" else "placeholder"]["text"])


def _input(block: Mapping[str, Any]) -> dict[str, Any]:
    element = block["element"]
    chosen = element.get("initial_option", {}).get("value", "")
    return {
        "id": element["action_id"],
        "label": block["label"]["text"],
        "value": element.get("initial_value", chosen),
        "optional": block.get("optional", False),
        "options": {option["text"]["text"]: option["value"] for option in element.get("options", [])},
    }


def _plain(text: str) -> str:
    # A date is shown as its fallback text, since a terminal can't format it for a time zone.
    return re.sub(r"<!date\^[^|>]*\|([^>]*)>", r"\1", text).replace("*", "").replace("`", "")
