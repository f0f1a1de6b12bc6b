"""MiniStack, an AWS emulator that this project did not write, as a process of its own."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from local.sockets import reserved_port
from local.template import ACCOUNT, REGION

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".cache" / "rehearsal" / "bin" / "python"
"""Of an environment of its own (pyproject.toml, the group `rehearsal`)."""

OPERATOR_KEY, OPERATOR_SECRET = "AKIAREHEARSAL0OPERATOR"[:20], "only-on-this-machine"
"""The credentials of the account's root user, which may do everything."""

START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0


class EmulatorError(Exception):
    """The emulator can't be used; the text says why."""


class Emulator:
    """A running MiniStack that checks signatures and IAM policies."""

    def __init__(self, folder: Path, *, python_path: Path, environment: Mapping[str, str]) -> None:
        """`folder`: for its log and all its files. `python_path`: the folder with the Python that runs functions.

        `environment`: variables that functions find beside those of the deployment.
        """
        if not PYTHON.exists():
            raise EmulatorError("MiniStack is not installed: run scripts/setup rehearsal")
        self._reserved = contextlib.ExitStack()
        port = self._reserved.enter_context(reserved_port())
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "emulator.log"
        temporary = folder / "emulator"
        temporary.mkdir()
        own = {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",  # its default is every interface
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "IOT_MTLS_ENABLED": "0",  # would listen on another port
            "AUTH": "true",  # it checks signatures and policies only if told to
            "AWS_ACCESS_KEY_ID": OPERATOR_KEY,
            "AWS_SECRET_ACCESS_KEY": OPERATOR_SECRET,
            # It gives functions its own address as AWS's. They are to use AWS's addresses, by the proxy.
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
            "TMPDIR": str(temporary),
            "HOME": str(temporary),
            "S3_DATA_DIR": str(temporary / "s3"),
            "STATE_DIR": str(temporary / "state"),
            "PATH": f"{python_path}{os.pathsep}{os.environ['PATH']}",
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [PYTHON, "-m", "ministack"],
                cwd=temporary,
                env={**own, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Functions are its children: all of them are ended by the group.
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the emulator and all functions."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_TIMEOUT)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reserved.close()

    def log_tail(self) -> str:
        """Return the end of the log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def _wait(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5).close()  # noqa: S310
                return
            time.sleep(0.1)
        raise EmulatorError(f"MiniStack did not start:\n{self.log_tail()}")
