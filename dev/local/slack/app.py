"""The Slack app that a local deployment serves: the local workspace's, or one at Slack."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SlackApp:
    """The credentials of an app at Slack. The defaults are those of the local workspace's app."""

    team: str = "T0LOCAL"
    """The workspace's ID."""
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    bot_token: str = field(default="", repr=False)
    """Empty: users are looked up in the local workspace."""

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the `slack` section of the settings. `given`: the section in `gate.toml`."""
        return {"teams": [self.team], "email_domains": given.get("email_domains") or ["example.com"]}

    def secret(self, local_bot_token: str) -> str:
        """Return the value of the app's secret in Secrets Manager. `local_bot_token`: the local workspace's."""
        return json.dumps({"signing_secret": self.signing_secret, "bot_token": self.bot_token or local_bot_token})

    def environment(self, deployed: Mapping[str, str], *, api_url: str, hooks_url: str) -> dict[str, str]:
        """Return the function's variables with Slack's addresses.

        `deployed`: the template's variables, which hold the addresses of Slack itself. `api_url`, `hooks_url`: those of
        the local workspace, whose response URLs are accepted beside Slack's.
        """
        slack_api_url, slack_hooks_urls = deployed["GATE_SLACK_API_URL"], deployed["GATE_SLACK_HOOKS_URLS"]
        return {
            "GATE_SLACK_API_URL": slack_api_url if self.bot_token else api_url,
            "GATE_SLACK_HOOKS_URLS": f"{slack_hooks_urls},{hooks_url}",
        }
