"""The programs, the environment and the CPU time of a function, for both ways to run it."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Runtime:
    """The programs that run a function."""

    emulator: Path
    python: Path
    client: Path
    """The folder with `awslambdaric`, which is part of Lambda's own image, and with the modules of `hooks/`."""


@dataclass(frozen=True)
class Code:
    """A built function."""

    folder: Path
    handler: str
    environment: Mapping[str, str]

    def command(self, runtime: Runtime) -> list[str]:
        """Return the command that runs the function in AWS's runtime interface client."""
        return [str(runtime.python), "-m", "awslambdaric", self.handler]

    def environ(self, runtime: Runtime) -> dict[str, str]:
        """Return the environment variables of the process."""
        path = f"{self.folder}:{runtime.client}"
        return {"PATH": os.environ["PATH"], "PYTHONPATH": path, **ENVIRONMENT, **self.environment}


def cpu_ms(pid: int) -> float:
    """Return the CPU time of the process `pid` so far, in milliseconds, including threads that have ended."""
    # The id of a process's CPU clock on Linux, as clock_getcpuclockid(3) computes it. /proc has only hundredths of a
    # second, or threads that still run.
    return time.clock_gettime(~pid << 3 | 2) * 1000
