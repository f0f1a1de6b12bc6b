"""Identifies callers by session cookie, bearer token, ticket, IAM or Slack. Each gives a `Caller`."""
