"""Fixtures of the function's unit tests."""

from testing.asking import asking
from testing.fixtures import _issuer, harness, issuer, lines, slack
from tests.unit.platform.proxy import authority, dependency_port, environment, proxy, server_tls
from tests.unit.scripted import serve

__all__ = [
    "_issuer", "asking", "authority", "dependency_port", "environment", "harness", "issuer", "lines", "proxy",
    "serve", "server_tls", "slack",
]  # fmt: skip
