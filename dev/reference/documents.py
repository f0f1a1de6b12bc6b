"""The documents that have parts made from the code."""

from pathlib import Path

from reference.commands import commands, options_before_commands
from reference.endpoints import endpoints
from reference.reasons import reasons
from reference.settings import settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def documents() -> dict[str, dict[str, str]]:
    """Return the parts of each document, in Markdown, by the name of their mark."""
    return {
        "settings.md": {"settings": settings((ROOT / "gate.toml").read_text(encoding="utf-8"))},
        "endpoints.md": {"endpoints": endpoints((DOCS / "openapi.yaml").read_text(encoding="utf-8"))},
        "gate.md": {"options": options_before_commands(), "commands": commands()},
        "reasons.md": {"reasons": reasons()},
    }
