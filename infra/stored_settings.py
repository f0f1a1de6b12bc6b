"""How the settings are stored in a stack, where `gate` reads them.

They are in the template's metadata. CloudFormation replaces no tokens there, so settings with tokens are in an output.
"""

from typing import Any

from infra.settings import Settings
from infra.tokens import tokens

METADATA = "NotebookGate"
"""The key of the template's metadata."""

OUTPUT = "TokenSettings"
"""The output with the settings that have tokens, as JSON. Without any, it does not exist."""


def split(settings: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings for the metadata, and those for the output, both as nested dicts."""
    known = settings.model_dump(mode="json")
    later: dict[str, Any] = {}
    for name in dict.fromkeys(tokens(known)):
        section, _, setting = name.rpartition(".")
        if section:
            later.setdefault(section, {})[setting] = known[section].pop(setting)
        else:
            later[setting] = known.pop(setting)
    return known, later


def join(known: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Return all settings, from what `split` returned and CloudFormation gave values."""
    sections = {name: {**known[name], **value} for name, value in later.items() if isinstance(value, dict)}
    return {**known, **later, **sections}
