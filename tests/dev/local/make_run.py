"""A `make run` in a process of its own, used with curl."""

import fcntl
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil

from local.places import COLLEAGUE, INSIDE, OUTSIDE, Places
from local.sockets import reserved_port

ROOT = Path(__file__).parents[3]
LOG = ROOT / ".cache" / "local" / "gate.log"
LOCK = ROOT / ".cache" / "make_run.lock"

START_TIMEOUT = 600
"""Seconds. The first start includes the set-up."""


class MakeRun:
    """One `make run`, from its start to its end. Another one in this folder waits until it has been stopped.

    Each `make run` writes its log and the operator's credentials to `.cache/local`, and test modules run in parallel.
    """

    def __init__(self, folder: Path, **variables: str) -> None:
        """Start it, and wait until it serves. `variables`: those of `make run`."""
        LOCK.parent.mkdir(exist_ok=True)
        self._lock = LOCK.open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.output = folder / "output.txt"
        self.cookies = folder / "cookies.txt"
        with reserved_port(count=3) as self.port, self.output.open("w") as output:
            self.places = Places({each: self.port + number for number, each in enumerate((INSIDE, COLLEAGUE, OUTSIDE))})
            self.url = self.places.url()
            settings = [f"{name}={value}" for name, value in {"PORT": str(self.port), **variables}.items()]
            self.process = subprocess.Popen(
                ["make", "run", *settings], cwd=ROOT, stdout=output, stderr=output, start_new_session=True
            )
            self._wait_for("Decisions are logged")

    def _wait_for(self, text: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while text not in self.printed:
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.1)

    @property
    def printed(self) -> str:
        """Everything that it printed so far."""
        return self.output.read_text()

    def curl(self, *arguments: str) -> str:
        """Return the headers and the body that curl prints. Cookies are kept between calls."""
        cookies = ["-b", str(self.cookies), "-c", str(self.cookies)]
        command = ["curl", "-s", "-i", "--max-time", "120", *cookies, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def sign_in(self, path: str, email: str) -> str:
        """Open `path`, sign in at the provider as a new browser, and return the headers of all answers after that."""
        self.cookies.unlink(missing_ok=True)
        form = locations(self.curl("-L", self.url + path))[-1]
        return self.curl("-L", "--data-urlencode", f"sub={email}", form)

    def children(self) -> list[psutil.Process]:
        """Return its child processes."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGINT) -> None:
        """Send the signal `number`, and wait for the end."""
        os.killpg(self.process.pid, number)
        self.process.wait(timeout=120)
        self._lock.close()


def locations(headers: str) -> list[str]:
    """Return the values of all Location headers."""
    return [line.strip() for line in re.findall(r"(?mi)^location: (.*)$", headers)]


def presigned_url(headers: str) -> str:
    """Return the presigned URL among the Location headers."""
    return next(location for location in locations(headers) if "authToken=" in location)
