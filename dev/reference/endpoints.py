"""The tables of docs/endpoints.md: the endpoints of `docs/openapi.yaml`."""

from collections.abc import Mapping
from typing import Any

import yaml

from bench.tables import table
from gate.routes import ROUTES, Route
from reference.markdown import text

TITLES = {
    "notebooks": "Notebooks",
    "requests": "Access requests",
    "sign-in": "Sign-in",
    "slack": "Slack",
    "operations": "Help and health",
}
"""The heading of each tag."""

CALLERS = {
    "session": "sign-in session",
    "bearer": "ID token",
    "ticket": "ticket from Slack",
    "sigv4": "AWS signature (SigV4)",
    "slack": "Slack's signature",
}
"""What each security scheme is called."""


def endpoints(description: str) -> str:
    """Return a table for each tag of the OpenAPI `description`."""
    rows: dict[str, list[list[str]]] = {tag: [] for tag in TITLES}
    described: dict[int, str] = {}
    for path, methods in yaml.safe_load(description)["paths"].items():
        for method, operation in methods.items():
            request, responses = f"{method.upper()} {path}", operation["responses"]
            # An alias in the file is the same object: these endpoints have the same responses.
            first = described.setdefault(id(responses), request)
            said = _statuses(responses) if first == request else [f"Responses: as of `{first}`."]
            cells = [f"`{request}`", _callers(operation, ROUTES[method.upper(), path])]
            rows[operation["tags"][0]].append([*cells, " ".join([text(operation["summary"]), *said])])
    head = ["request", "authentication", "what it does, and the response"]
    return "\n".join(f"## {title}\n{table(head, rows[tag])}" for tag, title in TITLES.items())


def _callers(operation: Mapping[str, Any], route: Route) -> str:
    security = operation["security"]
    names = [CALLERS[name] for scheme in security for name in scheme]
    if not security or {} in security:
        names = ["any client in the networks"]
    *others, last = names
    page = ", from the gate's own page" if route.form else ""
    return f"{', '.join(others)} or {last}{page}" if others else f"{last}{page}"


def _statuses(responses: Mapping[str, Any]) -> list[str]:
    """Return the statuses that have a description of their own."""
    own = {status: each["description"] for status, each in responses.items() if "description" in each}
    return [f"**{status}**: {text(words)}" for status, words in own.items()]
