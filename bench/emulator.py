"""A function under AWS's runtime interface emulator, as Lambda would run it: started by its first invocation."""

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
    # Lambda's file system is read-only: what has no bytecode is compiled at each start.
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True)
class Runtime:
    """What a function is started with."""

    emulator: Path
    python: Path
    client: Path
    """The folder with `awslambdaric`, which Lambda brings along."""


class Function:
    """One instance of a function, from its start to its end."""

    def __init__(self, runtime: Runtime, code: Path, handler: str, environment: Mapping[str, str], log: Path):
        """Start the emulator; the function itself starts with its first invocation."""
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
        self._wait_until_it_listens()

    def __enter__(self) -> "Function":
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()
        for process in (*psutil.Process(self._process.pid).children(recursive=True), self._process):
            process.kill()
        self._process.wait()

    def invoke(self, event: bytes) -> tuple[float, Any]:
        """Return how long the answer took (milliseconds), and what it was."""
        begun = time.perf_counter()
        self._connection.request("POST", "/2015-03-31/functions/function/invocations", event)
        answer = self._connection.getresponse().read()
        return (time.perf_counter() - begun) * 1000, json.loads(answer)

    @property
    def init_ms(self) -> float:
        """What the emulator took for the function's start, in milliseconds."""
        found = re.search(r"INIT REPORT\(durationMs: ([\d.]+)\)", self._log.read_text())
        assert found, self._log.read_text()
        return float(found[1])

    @property
    def cpu_ms(self) -> float:
        """CPU time of the function so far, all its threads, in milliseconds."""
        tasks = Path(f"/proc/{self._runtime.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6

    @property
    def peak_mb(self) -> float:
        """The most memory that the function had, in megabytes."""
        status = Path(f"/proc/{self._runtime.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024

    @property
    def _runtime(self) -> psutil.Process:
        (child,) = psutil.Process(self._process.pid).children()
        return child

    def _wait_until_it_listens(self) -> None:
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
