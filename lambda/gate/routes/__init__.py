"""The routes: who may send which request, which function answers it, and how long it may take."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from gate.identity.callers import Means
from gate.platform.deadline import ACKNOWLEDGEMENT_LIMIT, RESPONSE_LIMIT
from gate.routes.call import Call
from gate.values.errors.base import NotFoundError
from gate.web.request import Request
from gate.web.responses import Response

Endpoint = Callable[[Call], Response]

USERS: tuple[Means, ...] = ("id_token", "session")
"""People, with an ID token in the header or with a cookie. If there is a token, the cookie does not count."""


@dataclass(frozen=True)
class Route:
    """One route of the API."""

    endpoint: str
    """The module in this package, and the function that answers.

    The module is imported with the first request for one of its routes: a launch must not wait for what Slack needs.
    """
    callers: tuple[Means, ...] = ()
    """How callers are identified, by the first means that a request uses. Empty if the endpoint needs no caller, or
    identifies it from the body (Slack) or at the identity provider (sign-in)."""
    action: str = ""
    """The action in the audit log. Empty if the endpoint decides nothing, or logs its decisions itself."""
    form: bool = False
    """Whether only the gate's own pages may send the request (CSRF)."""
    sign_in: bool = False
    """Whether a browser without a session is sent to the sign-in, and then back."""
    time_limit: float = RESPONSE_LIMIT
    """Seconds for all calls of one request."""

    def load(self) -> Endpoint:
        """Import and return the endpoint."""
        module, _, name = self.endpoint.partition(":")
        return cast(Endpoint, getattr(import_module(f"gate.routes.{module}"), name))


def route_of(request: Request) -> Route:
    """Return the route that API Gateway matched. Raises `NotFoundError`."""
    route = ROUTES.get((request.method, request.resource))
    if route is None:
        raise NotFoundError
    return route


ROUTES = {
    ("GET", "/"): Route("notebooks:home", USERS, "list", sign_in=True),
    ("GET", "/open"): Route("opening:open_default", USERS, "open", sign_in=True),
    ("GET", "/open/{notebook}"): Route("opening:open_named", ("ticket", *USERS), "open", sign_in=True),
    ("GET", "/iam/open/{notebook}"): Route("opening:open_signed", ("signature",), "open"),
    ("GET", "/notebooks/{notebook}"): Route("notebooks:state", USERS, "state", sign_in=True),
    ("POST", "/notebooks/{notebook}/start"): Route("notebooks:start", ("session",), "start", form=True),
    ("GET", "/notebooks/{notebook}/stop"): Route("notebooks:confirm_stop", USERS, "confirm-stop", sign_in=True),
    ("POST", "/notebooks/{notebook}/stop"): Route("notebooks:stop", ("session",), "stop", form=True),
    ("GET", "/login"): Route("login:login"),
    ("GET", "/login/callback"): Route("login:callback"),
    ("POST", "/logout"): Route("logout:logout", ("session",), "sign-out", form=True),
    ("POST", "/slack"): Route("slack:slack", time_limit=ACKNOWLEDGEMENT_LIMIT),
    ("GET", "/requests"): Route("access_requests:list_requests", USERS, "list-requests", sign_in=True),
    ("GET", "/requests/access"): Route("access_requests:list_holders", USERS, "list-holders", sign_in=True),
    ("POST", "/requests"): Route("access_requests:ask", ("session",), "ask", form=True),
    ("GET", "/requests/{request}"): Route("access_request:show", USERS, "show-request", sign_in=True),
    ("POST", "/requests/{request}"): Route("access_request:decide", ("session",), "decide", form=True),
    ("GET", "/help"): Route("help:refusal_help"),
    ("GET", "/health"): Route("health:health", USERS),
}
"""By method and resource. API Gateway matches paths to resources."""
