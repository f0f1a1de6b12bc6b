"""Threaded servers on loopback whose `close` ends every connection and every thread."""

import contextlib
import logging
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from werkzeug.serving import BaseWSGIServer

# Its request lines contain authorization codes, and are not needed.
logging.getLogger("werkzeug").setLevel(logging.ERROR)

_POLL_INTERVAL = 0.05
"""Seconds between two checks of a threaded server whether it is to stop."""


class _EndingMixIn(socketserver.ThreadingMixIn):
    """Answers each connection in a thread. `server_close` closes the connections and waits for the threads."""

    daemon_threads = False  # `server_close` joins those that are not (socketserver, `block_on_close`)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[misc]  # socketserver.TCPServer's

    def server_close(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # the client has closed it meanwhile
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # the client has closed the connection
            super().handle_error(request, client_address)  # type: ignore[misc]


class _WsgiServer(_EndingMixIn, BaseWSGIServer):
    multithread = True  # werkzeug then keeps connections alive (HTTP/1.1)


class _HttpServer(_EndingMixIn, HTTPServer):
    pass


class ThreadedServer:
    """Runs a server of `socketserver` in a thread."""

    def __init__(self, server: HTTPServer) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_port}"
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": _POLL_INTERVAL})
        self._thread.start()

    def close(self) -> None:
        """Stop serving: close all connections, and wait for all threads."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve_wsgi(app: Any) -> ThreadedServer:
    """Serve a WSGI application on a free port."""
    return ThreadedServer(_WsgiServer("127.0.0.1", 0, app))


def serve_http(handler: type[BaseHTTPRequestHandler]) -> ThreadedServer:
    """Serve HTTP with `handler` on a free port."""
    return ThreadedServer(_HttpServer(("127.0.0.1", 0), handler))
