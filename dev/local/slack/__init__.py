"""A local Slack workspace with users, and a command for acting as one of them."""
