"""A browser without a screen, which opens notebooks by their URL and keeps cookies."""

import socket
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, HTTPHandler, Request, build_opener

REQUEST_TIMEOUT = 30
"""Seconds."""


class NotebookBrowser:
    """Keeps the cookies of one visit."""

    def __init__(self) -> None:
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), _LoopbackHandler())

    def visit(self, url: str) -> tuple[int, str]:
        """Open `url`; return the status and the final URL without its query.

        The status is 401 if the notebook redirects to another host, which is the AWS console's sign-in page, and 0 if
        it can't be reached.
        """
        request = Request(url, headers={"Accept": "text/html"})  # noqa: S310
        try:
            with self._opener.open(request, timeout=REQUEST_TIMEOUT) as response:
                signed_out = urlsplit(response.url).hostname != urlsplit(url).hostname
                return 401 if signed_out else response.status, response.url.partition("?")[0]
        except HTTPError as error:
            return error.code, url
        except (URLError, TimeoutError):
            return 0, url


class _LoopbackConnection(HTTPConnection):
    def connect(self) -> None:
        # Every name below localhost is this machine (RFC 6761 §6.3), but not every resolver knows that.
        host = "127.0.0.1" if self.host.endswith(".localhost") else self.host
        self.sock = socket.create_connection((host, self.port), self.timeout)


class _LoopbackHandler(HTTPHandler):
    """Opens the notebooks of `make run`, whose names end in .localhost."""

    def http_open(self, req: Request) -> Any:
        """Send an unencrypted request."""
        return self.do_open(_LoopbackConnection, req)
