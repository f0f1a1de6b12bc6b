"""The check for leaks (tests/leaks.py) finds what a module leaves behind, and the line that created it."""

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests import leaks
from tests.leaks import Present, leaks_since

ROOT = Path(__file__).parents[3]
HERE = r"tests/dev/testing/test_leaks.py:\d+ in test_"


@pytest.fixture(autouse=True)
def _without_grace_period(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "EXIT_TIMEOUT", 0)


@contextmanager
def _reported(*patterns: str) -> Iterator[None]:
    """Require that the check reports exactly what the block creates, in lines that match `patterns`."""
    before = Present.now()
    yield
    found = leaks_since(before)
    assert len(found) == len(patterns), found
    for pattern, line in zip(patterns, found, strict=True):
        assert re.search(pattern, line), found


def test_nothing_is_reported_if_nothing_is_left() -> None:
    with _reported(), socket.create_server(("127.0.0.1", 0)), Path(__file__).open():
        pass


def test_an_unreferenced_open_socket_is_reported() -> None:
    class Holder:
        pass

    with _reported(f"unclosed <socket.socket .*made at {HERE}"):
        holder = Holder()
        holder.itself, holder.socket = holder, socket.socket()  # type: ignore[attr-defined]
        del holder


def test_an_open_socket_is_reported() -> None:
    with _reported(f"<socket.socket .*is still open .*made at {HERE}"):
        server = socket.create_server(("127.0.0.1", 0))
    server.close()


def test_a_connection_is_reported_with_its_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        with _reported(f"is still open .*accepted by the server made at {HERE}"):
            connection, _ = server.accept()
        connection.close()
        client.close()


def test_a_running_thread_is_reported() -> None:
    end = threading.Event()
    with _reported(f"<Thread.*still runs, made at {HERE}"):
        thread = threading.Thread(target=end.wait)
        thread.start()
    end.set()
    thread.join()


def test_a_running_child_process_is_reported() -> None:
    with _reported(f"psutil.Process.*still runs, made at {HERE}"):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.DEVNULL, close_fds=True)
        psutil.Process(child.pid).suspend()
    child.kill()
    child.wait()


def test_an_open_file_is_reported() -> None:
    with _reported(f"is still open .*made at {HERE}"):
        file = Path(__file__).open()  # noqa: SIM115
    file.close()


def test_a_module_that_leaves_a_socket_open_fails(tmp_path: Path) -> None:
    module = tmp_path / "test_left.py"
    module.write_text(
        "import socket\nkept = []\ndef test_it():\n    kept.append(socket.create_server(('127.0.0.1', 0)))\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    command += ["-c", str(ROOT / "pyproject.toml"), f"--rootdir={tmp_path}", str(module)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert "test_left.py leaves behind:" in done.stdout, done.stdout + done.stderr
    assert "is still open" in done.stdout
    assert "1 passed, 1 error" in done.stdout
