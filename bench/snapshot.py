"""Runs a function as SnapStart does: started and initialised, then restored for its first invocation.

AWS's runtime interface client runs the hooks. This module answers it in place of Lambda's runtime API (Lambda developer
guide, "Using the Lambda runtime API" and "Runtime hooks for Lambda SnapStart"). A restored process has its memory
and no connection to AWS. Here, the process waits instead of being stored. What Lambda takes to load a snapshot is
therefore not measured.
"""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from bench.function import Code, Runtime, cpu_ms

PREFIX = "/2018-06-01/runtime"
TIMEOUT = 60.0
"""Seconds to wait for the function."""


@dataclass(frozen=True)
class FirstAnswer:
    """The first invocation after a restore."""

    wall_ms: float
    """From the restore to the response, including the hooks."""
    cpu_ms: float
    response: Any


class SnapshotFunction:
    """One instance of a function that was initialised; a context manager that ends it."""

    def __init__(self, runtime: Runtime, code: Code, log: Path):
        """Start the function, and wait until it is ready for the snapshot. Raises `RuntimeError` if it fails."""
        self._log = log
        self._reports: queue.Queue[tuple[str, float, float, bytes]] = queue.Queue()
        self._restored = threading.Event()
        self._events: queue.Queue[bytes | None] = queue.Queue()
        handler = type("Handler", (_RuntimeApi,), {"owner": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        environment = code.environ(runtime) | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        }
        with log.open("w") as output:
            self._process = subprocess.Popen(
                code.command(runtime), cwd=code.folder, env=environment, stdout=output, stderr=output
            )
        try:
            self._cpu_before = self._wait_for("/restore/next")[1]
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and the server."""
        self._process.kill()
        self._process.wait()
        self._restored.set()
        self._events.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def first_answer(self, event: bytes) -> FirstAnswer:
        """Restore the function and invoke it. Raises `RuntimeError` if it fails."""
        self._events.put(event)
        started = time.perf_counter()
        self._restored.set()
        ended, cpu, body = self._wait_for("/response")
        return FirstAnswer((ended - started) * 1000, cpu - self._cpu_before, json.loads(body))

    def _wait_for(self, expected: str) -> tuple[float, float, bytes]:
        try:
            path, now, cpu, body = self._reports.get(timeout=TIMEOUT)
        except queue.Empty:
            path, body = "no report", b""
        if not path.endswith(expected):
            raise RuntimeError(f"{path} {body.decode()}\n{self._log.read_text()}")
        return now, cpu, body

    def report(self, path: str, body: bytes = b"") -> None:
        """Note what the function asks for or answers, with the time and the CPU time so far."""
        self._reports.put((path, time.perf_counter(), cpu_ms(self._process.pid), body))

    def wait_for_restore(self) -> None:
        """Return when the snapshot is restored."""
        self._restored.wait()

    def next_event(self) -> bytes | None:
        """Return the next event, None when the function ends."""
        return self._events.get()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # `server_close` waits for those that are not

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # the function has ended
            super().handle_error(request, client_address)


class _RuntimeApi(BaseHTTPRequestHandler):
    owner: SnapshotFunction
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment
    log_message: Callable[..., None] = lambda *_arguments: None

    def do_GET(self) -> None:
        if self.path == f"{PREFIX}/restore/next":
            self.owner.report(self.path)
            self.owner.wait_for_restore()
            self._send(200, b"")
            return
        event = self.owner.next_event()
        if event is not None:
            self._send(200, event)

    def do_POST(self) -> None:
        self.owner.report(self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self._send(202, b"")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + TIMEOUT) * 1000)))
        arn = "arn:aws:lambda:eu-west-1:123456789012:function:gate"
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", arn)
        self.end_headers()
        self.wfile.write(body)
