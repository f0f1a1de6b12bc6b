"""The end of a response: whether its connection can be used for another request.

A byte that is left over becomes the beginning of the next response. An attacker may have chosen it, such as a person
whose claims make the response of the UserInfo endpoint larger than the gate reads.
"""

import ssl
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

from urllib3.util import wait_for_read


class TrackedResponse(HTTPResponse):
    """A response that records whether another request can follow it."""

    is_complete = False
    """Whether the response was read to its end, as its framing says, and nothing follows it.

    Read this before the response is abandoned: http.client then closes it like one that was read to its end.
    """

    def __init__(self, sock: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self._sock = sock

    def _close_conn(self) -> None:
        # http.client calls this at the end of the body. It then discards what it has read ahead.
        self.is_complete = self._has_ended() and not self._is_followed()
        super()._close_conn()  # type: ignore[misc]

    def _has_ended(self) -> bool:
        """Return whether the body was read to its end, and all readers of the headers find the same end."""
        # For the response to CONNECT, `will_close` is a text, and there are no headers.
        if self.will_close or not (self.chunked or self.length == 0):
            return False
        framing = [*self.headers.get_all("Content-Length", ()), *self.headers.get_all("Transfer-Encoding", ())]
        # The actual response follows an interim one, such as 103. http.client skips 100 alone.
        return self.status >= 200 and len(framing) <= 1

    def _is_followed(self) -> bool:
        # A part of a TLS record makes the socket readable, but cannot be read. What is in a buffer does not.
        return wait_for_read(self._sock, 0) or has_data(self._sock, self.fp.read)


def has_data(sock: Any, read: Callable[[int], Any]) -> bool:
    """Return whether `read`, a way to read from `sock`, finds bytes, the end of the stream, or an error.

    Does not wait. Session tickets of TLS 1.3 are not data, although they make the socket readable.
    """
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        return read(1) is not None
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(timeout)
