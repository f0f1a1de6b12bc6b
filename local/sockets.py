"""The listening sockets of a local deployment."""

import os
import socket
from contextlib import ExitStack


class PortError(Exception):
    """The port can't be used; the text names another to try."""


def listening_sockets(port: int, started: ExitStack) -> list[socket.socket]:
    """Listen on `port` (0: any free port) of 127.0.0.1 and, if the machine has it, 127.0.0.2. Raises `PortError`.

    `started` closes the sockets.
    """
    # Loopback only, so that other machines get no answer. 127.0.0.2 is outside the networks of the sample settings.
    try:
        inside = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise PortError(f"port {port} can't be used ({reason}). Try another: make run PORT={port + 1}") from None
    started.callback(inside.close)
    sockets = [inside]
    try:
        outside = socket.create_server(("127.0.0.2", inside.getsockname()[1]))
    except OSError:
        return sockets  # macOS has no 127.0.0.2 by default; requests from outside are then not possible
    started.callback(outside.close)
    return [*sockets, outside]
