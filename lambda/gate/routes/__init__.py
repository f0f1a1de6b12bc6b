"""The endpoints: each parses, makes one call, and answers."""

from collections.abc import Callable
from importlib import import_module

from gate.container import Gate
from gate.errors.base import NotFoundError
from gate.web.request import Request
from gate.web.responses import Response

Endpoint = Callable[[Gate, Request], Response]

ROUTES = {
    ("GET", "/"): "notebooks.home",
    ("GET", "/open"): "opening.open_the_one",
    ("GET", "/open/{notebook}"): "opening.open_named",
    ("GET", "/iam/open/{notebook}"): "opening.open_named_by_iam",
    ("GET", "/notebooks/{notebook}"): "notebooks.state",
    ("POST", "/notebooks/{notebook}/start"): "notebooks.start",
    ("POST", "/notebooks/{notebook}/stop"): "notebooks.stop",
    ("GET", "/login"): "login.login",
    ("GET", "/login/callback"): "login.callback",
    ("POST", "/logout"): "login.logout",
    ("POST", "/slack"): "slack.slack",
    ("GET", "/help"): "help.when_refused",
    ("GET", "/health"): "health.health",
}
"""API Gateway matches, and tells which route it was; here stands what answers there.

By name: a module is imported when the first request for it comes, since who opens a notebook should not have to wait
for what Slack needs.
"""


def endpoint_of(request: Request) -> Endpoint:
    """Return what answers `request`. Raises `NotFoundError`."""
    name = ROUTES.get((request.method, request.resource))
    if name is None:
        raise NotFoundError
    return endpoint(name)


def endpoint(name: str) -> Endpoint:
    """Return the endpoint called `name` in `ROUTES`."""
    module, _, function = name.partition(".")
    found: Endpoint = getattr(import_module(f"gate.routes.{module}"), function)
    return found
