"""The places that requests come from: each is a port of this machine, which stands for a source address.

Every machine has ports, but not every machine has a second loopback address.
"""

import re
from collections.abc import Mapping

from aiohttp import web

from local.sockets import LOOPBACK

INSIDE = LOOPBACK
"""The source address of requests to the first port. It is in the networks."""

COLLEAGUE, OUTSIDE = "203.0.113.7", "192.0.2.66"
"""Source addresses of requests to the two ports after it, from documentation networks (RFC 5737).

The first is in the networks, too.
"""

NETWORKS = [f"{INSIDE}/32", f"{COLLEAGUE}/32"]


class Places:
    """The ports of one deployment, by the source address that their requests have."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        """`ports`: begins with the port of `INSIDE`."""
        self.ports = dict(ports)
        numbers = "|".join(map(str, ports.values()))
        self._site = re.compile(rf"(?<=\.localhost:)({numbers})\b")

    def url(self, address: str = INSIDE) -> str:
        """Return the URL at which somebody at `address` reaches the API."""
        return f"http://{LOOPBACK}:{self.ports[address]}"

    def seen_from(self, address: str, text: str) -> str:
        """Return `text` with the URLs of notebooks, and of all other sites, as somebody at `address` uses them."""
        return self._site.sub(str(self.ports[address]), text)

    def shown(self, address: str, answer: web.StreamResponse) -> web.StreamResponse:
        """Return `answer` with the URLs of sites as the client at `address` uses them.

        At AWS a notebook has one URL in every network. Here the port stands for the network, so it has to be kept.
        """
        if isinstance(answer, web.Response) and not answer.prepared:
            if "Location" in answer.headers:
                answer.headers["Location"] = self.seen_from(address, answer.headers["Location"])
            if answer.content_type == "application/json" and isinstance(answer.body, bytes):
                answer.body = self.seen_from(address, answer.body.decode("latin-1")).encode("latin-1")
        return answer
