"""Runs a function in AWS's runtime interface emulator. As on Lambda, its first invocation starts it."""

import http.client
import json
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil

from bench.function import Code, Runtime, cpu_ms


class Function:
    """One instance of a function; a context manager that ends it."""

    def __init__(self, runtime: Runtime, code: Code, log: Path):
        """Start the emulator. The function itself starts with its first invocation."""
        self._port = _free_port()
        self._log = log
        command = [runtime.emulator, "--log-level", "info"]
        command += ["--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"]
        command += ["--runtime-api-address", f"127.0.0.1:{_free_port()}"]
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [*map(str, command), *code.command(runtime)],
                cwd=code.folder,
                env=code.environ(runtime),
                stdout=output,
                stderr=output,
            )
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        self._wait_until_listening()

    def __enter__(self) -> "Function":
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()
        for process in (*psutil.Process(self._process.pid).children(recursive=True), self._process):
            process.kill()
        self._process.wait()

    def invoke(self, event: bytes) -> tuple[float, Any]:
        """Return the response time in milliseconds, and the response."""
        started = time.perf_counter()
        self._connection.request("POST", "/2015-03-31/functions/function/invocations", event)
        response = self._connection.getresponse().read()
        return (time.perf_counter() - started) * 1000, json.loads(response)

    @property
    def init_ms(self) -> float:
        """The duration of the INIT phase in milliseconds, as the emulator reports it."""
        found = re.search(r"INIT REPORT\(durationMs: ([\d.]+)\)", self._log.read_text())
        assert found, self._log.read_text()
        return float(found[1])

    @property
    def cpu_ms(self) -> float:
        """The CPU time of the function so far, in milliseconds."""
        return cpu_ms(self._runtime.pid)

    @property
    def peak_mb(self) -> float:
        """The peak memory of the function, in megabytes."""
        status = Path(f"/proc/{self._runtime.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024

    @property
    def _runtime(self) -> psutil.Process:
        (child,) = psutil.Process(self._process.pid).children()
        return child

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + 10
        while True:
            try:
                self._connection.connect()
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
