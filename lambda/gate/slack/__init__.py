"""Slack's slash command `/notebook`, global shortcut and buttons. Only the caller sees the answers."""
