"""Slack on this machine: a workspace with people in it, and a command that plays one of them."""
