"""One real Jupyter server for each notebook, started when it is first visited."""

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
NO_NEWS = Path("@jupyterlab") / "apputils-extension" / "notification.jupyterlab-settings"
"""Where JupyterLab, below its settings, remembers that nobody wants to be asked about news."""

PATIENCE = 180
"""Seconds for a server to come up."""

_OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.jpserver_extensions=notebook=True",
    "--ServerApp.jpserver_extensions=jupyterlab=True",
    "--ServerApp.sock_mode=0600",
    # Who may come in was decided before a request gets here; the socket is this user's alone.
    "--IdentityProvider.token=",
    "--PasswordIdentityProvider.hashed_password=",
    "--ServerApp.allow_remote_access=True",
    # Nothing is asked of the internet.
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


class JupyterError(Exception):
    """A server did not come up; the text names its log."""


class JupyterServers:
    """The servers by the names of their notebooks."""

    def __init__(self, folder: Path) -> None:
        """`folder`: holds a folder for each notebook's files, and the servers' logs."""
        self._folder = folder
        # Short, since a socket's path has about a hundred characters at the most.
        self._sockets = Path(tempfile.mkdtemp(prefix="gate-"))
        self._numbers = itertools.count(1)
        self._running: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}
        self._locks: dict[str, threading.Lock] = {}

    def socket_of(self, name: str) -> Path:
        """Return the Unix socket of the notebook's server, starting it first if need be. Raises `JupyterError`."""
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
        """End the notebook's server, and with it its kernels; files stay."""
        process, _ = self._running.pop(name, (None, None))
        if process is None:
            return
        # The server ends its kernels on SIGTERM, which may take it a moment.
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        """End all servers."""
        for name in list(self._running):
            self.stop(name)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _start(self, name: str, path: Path) -> subprocess.Popen[bytes]:
        files, own = self._folder / name, self._folder / ".jupyter" / name
        files.mkdir(parents=True, exist_ok=True)
        own.mkdir(parents=True, exist_ok=True)
        settings = own / "settings" / NO_NEWS
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text('{"fetchNews": "false"}', encoding="utf-8")
        if not any(files.iterdir()):
            shutil.copy(WELCOME, files / WELCOME.name)
        command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.sock={path}", f"--ServerApp.root_dir={files}"]
        # This process's environment holds the function's stand-in credentials; and nobody's own settings count here.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "JUPYTER"))}
        places = {"JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTERLAB_SETTINGS_DIR": "settings"}
        environment |= {key: str(own / place) for key, place in {**places, "IPYTHONDIR": "ipython"}.items()}
        environment |= {"JUPYTER_NO_CONFIG": "1", "HOME": str(own)}
        with (own / "server.log").open("wb") as log:
            return subprocess.Popen(
                [*command, *_OPTIONS], cwd=files, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def _wait(self, process: subprocess.Popen[bytes], path: Path) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
                probe.connect(str(path))
                return
            time.sleep(0.05)
        raise JupyterError(f"JupyterLab did not start: see the logs in {self._folder / '.jupyter'}")
