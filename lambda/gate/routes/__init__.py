"""The routes: which function answers which request, and how long it may take."""

from collections.abc import Callable
from dataclasses import dataclass

from gate.container import Gate
from gate.platform.deadline import ACKNOWLEDGEMENT_LIMIT, RESPONSE_LIMIT
from gate.values.errors.base import NotFoundError
from gate.web.request import Request
from gate.web.responses import Response

Endpoint = Callable[[Gate, Request], Response]


@dataclass(frozen=True)
class Route:
    """One route of the API."""

    load: Callable[[], Endpoint]
    """Imports and returns the endpoint.

    A module is imported with the first request for one of its routes: a launch must not wait for what Slack needs.
    """
    time_limit: float = RESPONSE_LIMIT
    """Seconds for all calls of one request."""


def route_of(request: Request) -> Route:
    """Return the route that API Gateway matched. Raises `NotFoundError`."""
    route = ROUTES.get((request.method, request.resource))
    if route is None:
        raise NotFoundError
    return route


def _home() -> Endpoint:
    from gate.routes.notebooks import home

    return home


def _open_default() -> Endpoint:
    from gate.routes.opening import open_default

    return open_default


def _open_named() -> Endpoint:
    from gate.routes.opening import open_named

    return open_named


def _open_named_by_iam() -> Endpoint:
    from gate.routes.opening import open_named_by_iam

    return open_named_by_iam


def _state() -> Endpoint:
    from gate.routes.notebooks import state

    return state


def _start() -> Endpoint:
    from gate.routes.notebooks import start

    return start


def _stop() -> Endpoint:
    from gate.routes.notebooks import stop

    return stop


def _login() -> Endpoint:
    from gate.routes.login import login

    return login


def _callback() -> Endpoint:
    from gate.routes.login import callback

    return callback


def _logout() -> Endpoint:
    from gate.routes.logout import logout

    return logout


def _slack() -> Endpoint:
    from gate.routes.slack import slack

    return slack


def _list_requests() -> Endpoint:
    from gate.routes.access_requests import list_requests

    return list_requests


def _ask() -> Endpoint:
    from gate.routes.access_requests import ask

    return ask


def _show_request() -> Endpoint:
    from gate.routes.access_requests import show

    return show


def _decide() -> Endpoint:
    from gate.routes.access_requests import decide

    return decide


def _refusal_help() -> Endpoint:
    from gate.routes.help import refusal_help

    return refusal_help


def _health() -> Endpoint:
    from gate.routes.health import health

    return health


ROUTES = {
    ("GET", "/"): Route(_home),
    ("GET", "/open"): Route(_open_default),
    ("GET", "/open/{notebook}"): Route(_open_named),
    ("GET", "/iam/open/{notebook}"): Route(_open_named_by_iam),
    ("GET", "/notebooks/{notebook}"): Route(_state),
    ("POST", "/notebooks/{notebook}/start"): Route(_start),
    ("POST", "/notebooks/{notebook}/stop"): Route(_stop),
    ("GET", "/login"): Route(_login),
    ("GET", "/login/callback"): Route(_callback),
    ("POST", "/logout"): Route(_logout),
    ("POST", "/slack"): Route(_slack, time_limit=ACKNOWLEDGEMENT_LIMIT),
    ("GET", "/requests"): Route(_list_requests),
    ("POST", "/requests"): Route(_ask),
    ("GET", "/requests/{request}"): Route(_show_request),
    ("POST", "/requests/{request}"): Route(_decide),
    ("GET", "/help"): Route(_refusal_help),
    ("GET", "/health"): Route(_health),
}
"""By method and resource. API Gateway matches paths to resources."""
