"""Sends requests to the app from the address of Slack's servers."""

import http.client
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from local.sockets import OUTSIDE, has_address

Deliver = Callable[[bytes, Mapping[str, str]], tuple[int, bytes]]
"""Sends a body with headers to the app; returns the status and the body of its answer."""


def deliver_to(gate_url: str) -> Deliver:
    """Return what sends requests to the app at `gate_url`, `…/slack`."""
    url = urlsplit(gate_url)

    def deliver(body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        # Some machines do not have the address (macOS); the request then comes from inside the networks.
        source = (OUTSIDE, 0) if has_address(OUTSIDE) else None
        connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=120, source_address=source)
        try:
            connection.request("POST", url.path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    return deliver
