"""Runs a function in AWS's runtime interface emulator. As on Lambda, its first invocation starts it."""

import http.client
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7FUNCTION",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYFUNCTION",
    "AWS_SESSION_TOKEN": "FwoGZXIvYXdzE" + "y" * 900,
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    # Lambda's file system is read-only: a module without bytecode is compiled at each start.
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True)
class Runtime:
    """The programs that run a function."""

    emulator: Path
    python: Path
    client: Path
    """The folder with `awslambdaric`, which is part of Lambda's own image."""


class Function:
    """One instance of a function; a context manager that ends it."""

    def __init__(self, runtime: Runtime, code: Path, handler: str, environment: Mapping[str, str], log: Path):
        """Start the emulator. The function itself starts with its first invocation."""
        self._port = _free_port()
        self._log = log
        command = [runtime.emulator, "--log-level", "info"]
        command += ["--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"]
        command += ["--runtime-api-address", f"127.0.0.1:{_free_port()}"]
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [*map(str, command), str(runtime.python), "-m", "awslambdaric", handler],
                cwd=code,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": f"{code}:{runtime.client}",
                    **ENVIRONMENT,
                    **environment,
                },
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
        """The CPU time of all threads of the function so far, in milliseconds."""
        tasks = Path(f"/proc/{self._runtime.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6

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
