"""Runs a function in AWS's own runtime interface client, started as Lambda does it, or restored as SnapStart does.

This module answers the client in place of Lambda's runtime API (Lambda developer guide, "Using the Lambda runtime API"
and "Runtime hooks for Lambda SnapStart"). A restored process has its memory and no connection to AWS. Here, the process
waits instead of being stored. What Lambda takes to load a snapshot is therefore not measured.
"""

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

MEMORY = 512
"""The memory size of the functions, in megabytes."""

ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7FUNCTION",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYFUNCTION",
    "AWS_SESSION_TOKEN": "FwoGZXIvYXdzE" + "y" * 900,
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEMORY),
    # Lambda's file system is read-only: a module without bytecode is compiled at each start.
    "PYTHONDONTWRITEBYTECODE": "1",
}
PREFIX = "/2018-06-01/runtime"
NEXT, RESTORE, RESPONSE = "/invocation/next", "/restore/next", "/response"
TIMEOUT = 60.0
"""Seconds to wait for the function."""


@dataclass(frozen=True)
class Runtime:
    """The programs that run a function."""

    python: Path
    client: Path
    """The folder with `awslambdaric`, which is part of Lambda's own image, and with the modules of `hooks/`."""


@dataclass(frozen=True)
class Code:
    """A built function."""

    folder: Path
    handler: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """The response to one invocation."""

    response: Any
    started: float
    """When the event was sent, in seconds of `time.monotonic`."""
    wall_ms: float
    """The response time. After a restore, it includes the hooks."""
    cpu_ms: float
    """The CPU time of the process, in milliseconds."""


@dataclass(frozen=True)
class _Call:
    """A call of the runtime API."""

    path: str
    body: bytes
    at: float
    """In seconds."""
    cpu_ms: float
    """The CPU time of the process so far."""


class Function:
    """One instance of a function; a context manager that ends it."""

    def __init__(self, runtime: Runtime, code: Code, log: Path, *, snapshot: bool = False):
        """Start the function, and wait for the end of its INIT phase. Raises `RuntimeError` if it fails.

        `snapshot`: let the first invocation restore the function, as SnapStart does.
        """
        self._log = log
        self._calls: queue.Queue[_Call] = queue.Queue()
        self.events: queue.Queue[bytes | None] = queue.Queue()
        """The events of the next invocations; None ends the function."""
        self.restored = threading.Event()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_RuntimeApi,), {"owner": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{code.folder}:{runtime.client}",
            **ENVIRONMENT,
            **code.environment,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if snapshot else "on-demand",
        }
        command = [str(runtime.python), "-m", "awslambdaric", code.handler]
        started = time.monotonic()
        with log.open("w") as output:
            self._process = subprocess.Popen(command, cwd=code.folder, env=environment, stdout=output, stderr=output)
        try:
            self.init_ms = (self._wait_for(RESTORE if snapshot else NEXT).at - started) * 1000
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
        self.restored.set()
        self.events.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def invoke(self, event: bytes) -> Answer:
        """Restore the function if it waits for that, and invoke it. Raises `RuntimeError` if it fails."""
        cpu_before = self.cpu_ms
        started = time.monotonic()
        self.events.put(event)
        self.restored.set()
        call = self._wait_for(RESPONSE)
        self._wait_for(NEXT)
        return Answer(json.loads(call.body), started, (call.at - started) * 1000, call.cpu_ms - cpu_before)

    @property
    def cpu_ms(self) -> float:
        """The CPU time of the function so far in milliseconds, including threads that have ended."""
        # The id of a process's CPU clock on Linux, as clock_getcpuclockid(3) computes it. /proc has only hundredths of
        # a second, or threads that still run.
        return time.clock_gettime(~self._process.pid << 3 | 2) * 1000

    @property
    def peak_mb(self) -> float:
        """The peak memory of the function, in megabytes."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self._process.pid}/status").read_text())
        assert found
        return int(found[1]) / 1024

    def _wait_for(self, expected: str) -> _Call:
        try:
            call = self._calls.get(timeout=TIMEOUT)
            if call.path == PREFIX + NEXT and expected == RESPONSE:  # the first one after a restore
                call = self._calls.get(timeout=TIMEOUT)
        except queue.Empty:
            raise RuntimeError(f"no {expected} within {TIMEOUT} s\n{self._log.read_text()}") from None
        if not call.path.endswith(expected):
            raise RuntimeError(f"{call.path} {call.body.decode()}\n{self._log.read_text()}")
        return call

    def note(self, path: str, body: bytes = b"") -> None:
        """Note a call of the function to the runtime API."""
        self._calls.put(_Call(path, body, time.monotonic(), self.cpu_ms))


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # `server_close` waits for those that are not

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # the function has ended
            super().handle_error(request, client_address)


class _RuntimeApi(BaseHTTPRequestHandler):
    owner: Function
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment
    log_message: Callable[..., None] = lambda *_arguments: None

    def do_GET(self) -> None:
        self.owner.note(self.path)
        if self.path == PREFIX + RESTORE:
            self.owner.restored.wait()
            self._send(200, b"")
            return
        event = self.owner.events.get()
        if event is not None:
            self._send(200, event)

    def do_POST(self) -> None:
        self.owner.note(self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))
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
