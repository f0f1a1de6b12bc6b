"""One real Jupyter server for each notebook instance, started at its first request."""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

WELCOME = Path(__file__).parent / "welcome.ipynb"
NOTIFICATION_SETTINGS = Path("@jupyterlab") / "apputils-extension" / "notification.jupyterlab-settings"
"""The file below JupyterLab's settings folder that turns off the question about Jupyter news."""

START_TIMEOUT = 180
"""Seconds that a server may take to start."""

_OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.jpserver_extensions=notebook=True",
    "--ServerApp.jpserver_extensions=jupyterlab=True",
    "--ServerApp.sock_mode=0600",
    # Requests are authorised before they reach the server, and only this machine's user can open its socket.
    "--IdentityProvider.token=",
    "--PasswordIdentityProvider.hashed_password=",
    "--ServerApp.allow_remote_access=True",
    # The server makes no requests to the internet.
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


class JupyterError(Exception):
    """A server did not start; the text names its log."""


class JupyterServers:
    """Starts and stops the servers, by the names of their notebook instances."""

    def __init__(self, folder: Path) -> None:
        """`folder`: holds a folder of files for each notebook instance, and the servers' logs."""
        self._folder = folder
        # A short path, since that of a Unix socket has at most about a hundred characters.
        self._sockets = Path(tempfile.mkdtemp(prefix="gate-"))
        self._numbers = itertools.count(1)
        self._running: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}
        self._locks: dict[str, threading.Lock] = {}

    def socket_of(self, name: str) -> Path:
        """Return the Unix socket of the server of `name`. The server is started if necessary. Raises `JupyterError`."""
        with self._locks.setdefault(name, threading.Lock()):
            if name in self._running:
                process, path = self._running[name]
                if process.poll() is None:
                    return path
            path = self._sockets / f"{next(self._numbers)}.sock"
            process = self._start(name, path)
            self._running[name] = (process, path)
            self._wait(process, path)
            return path

    def stop(self, name: str) -> None:
        """Stop the server of `name` and its kernels. Files are kept."""
        process, _ = self._running.pop(name, (None, None))
        if process is None:
            return
        # On SIGTERM the server stops its kernels first.
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        """Stop all servers."""
        for name in list(self._running):
            self.stop(name)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _start(self, name: str, path: Path) -> subprocess.Popen[bytes]:
        files, state = self._folder / name, self._folder / ".jupyter" / name
        files.mkdir(parents=True, exist_ok=True)
        state.mkdir(parents=True, exist_ok=True)
        settings = state / "settings" / NOTIFICATION_SETTINGS
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text('{"fetchNews": "false"}', encoding="utf-8")
        if not any(files.iterdir()):
            shutil.copy(WELCOME, files / WELCOME.name)
        command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.sock={path}", f"--ServerApp.root_dir={files}"]
        # The server gets neither the function's credentials nor this machine's own Jupyter settings.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "JUPYTER"))}
        folders = {"JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTERLAB_SETTINGS_DIR": "settings"}
        environment |= {key: str(state / folder) for key, folder in {**folders, "IPYTHONDIR": "ipython"}.items()}
        environment |= {"JUPYTER_NO_CONFIG": "1", "HOME": str(state)}
        with (state / "server.log").open("wb") as log:
            return subprocess.Popen(
                [*command, *_OPTIONS], cwd=files, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def _wait(self, process: subprocess.Popen[bytes], path: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
                probe.connect(str(path))
                return
            time.sleep(0.05)
        raise JupyterError(f"JupyterLab did not start: see the logs in {self._folder / '.jupyter'}")
