"""Ctrl-C ends a rehearsal and all that it started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]


def _using(folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        used = f"{process.info['cwd']} {' '.join(process.info['cmdline'] or [])}"
        if str(folder) in used:
            found.append(used)
    return found


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'lambda'}{os.pathsep}{ROOT}", "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "rehearsal"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("MiniStack simulates AWS"):
                break
        # The first step has begun by then, or begins while the interruption is handled.
        assert _using(tmp_path)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 1
    assert _using(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
