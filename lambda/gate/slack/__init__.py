"""Slack: `/notebook`, the shortcut and the buttons, answered where only the caller sees it."""
