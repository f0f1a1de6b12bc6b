"""The sockets that `make run` listens on."""

import os
import socket
from contextlib import ExitStack


class PortError(Exception):
    """The port can't be served on; the text says which other to try."""


def listening_sockets(port: int, until: ExitStack) -> list[socket.socket]:
    """Listen on `port` of 127.0.0.1 and, where there is one, 127.0.0.2; 0 takes any. Closed when `until` is.

    Raises `PortError`.
    """
    # All of 127.0.0.0/8 and nothing else: callers from 127.0.0.2 are the strangers, other machines get no answer.
    try:
        inside = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise PortError(f"port {port} can't be had ({reason}). Try another: make run PORT={port + 1}") from None
    until.callback(inside.close)
    sockets = [inside]
    try:
        outside = socket.create_server(("127.0.0.2", inside.getsockname()[1]))
    except OSError:
        return sockets  # macOS has no 127.0.0.2 unless told; then nobody is outside
    until.callback(outside.close)
    return [*sockets, outside]
