"""The TLS context of all connections: which certificates are trusted."""

import os
import ssl
from functools import cache

from gate.platform import deadline


class _WatchedSocket(ssl.SSLSocket):
    """A socket that is shut down at the deadline of the request, even during a slow handshake."""

    def do_handshake(self, block: bool = False) -> None:
        deadline.watch(self)
        super().do_handshake(block)


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context that trusts the system's authorities and those of the PEM file `GATE_CA_BUNDLE`, if any.

    The file is used in addition to the system's list, because a firewall that inspects some connections leaves others
    untouched. The runtime's updates keep the system's list current. botocore's list lacks roots that identity providers
    use. Loading either list takes about 16 ms of CPU time, so it is loaded once for each process, and with SnapStart
    before the snapshot.
    Raises `OSError` (`ssl.SSLError` is one) if the file cannot be read.
    """
    context = ssl.create_default_context()
    # The defaults since Python 3.13. Earlier versions have to behave alike.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    context.sslsocket_class = _WatchedSocket
    ca_bundle = os.environ.get("GATE_CA_BUNDLE")
    if ca_bundle:
        context.load_verify_locations(ca_bundle)
        # The strict flag refuses authorities that lack extensions that RFC 5280 requires, such as a critical
        # basicConstraints. The authorities of inspecting firewalls often lack them. Signatures, names, dates and the
        # right to sign are checked in any case.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
