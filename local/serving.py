"""Serves a WSGI application on loopback, in threads of its own."""

import logging
import threading
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server

# Its request lines hold codes, and nobody here needs them.
logging.getLogger("werkzeug").setLevel(logging.ERROR)


class WsgiServer:
    """A server on a port of its own choice."""

    def __init__(self, app: Any) -> None:
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
