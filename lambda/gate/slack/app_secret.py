"""The secret of the Slack app."""

import json

from gate.platform.log import logger


def app_secret(text: str) -> dict[str, str]:
    """Read the stored secret: JSON with `signing_secret` and `bot_token`. Returns an empty dict for anything else."""
    try:
        stored = json.loads(text)
    except ValueError:
        stored = None
    if not isinstance(stored, dict):
        logger.error("the slack secret is not JSON with signing_secret and bot_token")
        return {}
    return {name: value for name, value in stored.items() if isinstance(value, str)}
