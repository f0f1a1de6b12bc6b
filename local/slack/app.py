"""Which Slack app the gate is on this machine: the local workspace's, or somebody's own."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.slack.workspace import Workspace


@dataclass(frozen=True)
class SlackApp:
    """The values that Slack gives to an app; the local workspace's, where they are left out."""

    team: str = "T0LOCAL"
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    bot_token: str = field(default="", repr=False)
    """Empty: people are looked up in the local workspace."""

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the section `slack` of the settings; `given`: what `gate.toml` has there."""
        return {"teams": [self.team], "email_domains": given.get("email_domains") or ["example.com"]}

    def secret(self, workspace: "Workspace") -> str:
        """Return what lies in Secrets Manager."""
        return json.dumps({"signing_secret": self.signing_secret, "bot_token": self.bot_token or workspace.bot_token})

    def environment(self, workspace: "Workspace", deployed: Mapping[str, str]) -> dict[str, str]:
        """Return where the function reaches Slack: at the real one's addresses, as `deployed`, and the workspace's."""
        real, hooks = deployed["GATE_SLACK_API_URL"], deployed["GATE_SLACK_HOOKS_URLS"]
        return {
            "GATE_SLACK_API_URL": real if self.bot_token else workspace.api_url,
            "GATE_SLACK_HOOKS_URLS": f"{hooks},{workspace.hooks_url}",
        }
