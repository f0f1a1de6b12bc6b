"""Whose certificates count: one TLS context for every connection of the process."""

import os
import ssl
from functools import cache

from gate import deadline


class _WatchedSocket(ssl.SSLSocket):
    """Is shut when the time is over, also in the middle of a handshake that trickles in."""

    def do_handshake(self, block: bool = False) -> None:
        deadline.watch(self)
        super().do_handshake(block)


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context that trusts the system's authorities and those of the PEM file `GATE_CA_BUNDLE`, if any.

    The file adds to the system's: a firewall that inspects some connections passes others on untouched. The system's
    list comes with the runtime's updates; botocore's own list lacks roots that identity providers use. Loading either
    takes some 16 ms of CPU, so it happens once a process, and with SnapStart before the snapshot.
    Raises `OSError` (`ssl.SSLError` is one) where the file can't be read.
    """
    context = ssl.create_default_context()
    context.sslsocket_class = _WatchedSocket
    own = os.environ.get("GATE_CA_BUNDLE")
    if own:
        context.load_verify_locations(own)
        # Since Python 3.13 the default refuses authorities that leave out what RFC 5280 asks of them, such as a
        # critical basicConstraints. Those of inspecting firewalls often do. Signatures, names, dates and the right to
        # sign are checked all the same.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
