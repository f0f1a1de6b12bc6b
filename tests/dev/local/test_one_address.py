"""scripts/one-address: a command runs where loopback has one address, or it says that this was not so."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROBE = """
import socket, sys
for address in ("127.0.0.1", "127.0.0.2"):
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            continue
        print(address)
sys.exit(7)
"""


def _run(*commands: Path) -> subprocess.CompletedProcess[str]:
    """Run the script, which finds `commands` before those of this machine."""
    path = os.pathsep.join([*(str(each.parent) for each in commands), os.environ["PATH"]])
    command = [ROOT / "scripts" / "one-address", sys.executable, "-c", PROBE]
    return subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)


def test_there_is_one_address_or_a_message() -> None:
    answer = _run()
    assert answer.returncode == 7, answer.stderr
    assert (answer.stdout == "127.0.0.1\n") != ("NOT TESTED" in answer.stderr)


def test_where_no_network_can_be_made_the_command_runs_and_a_message_says_so(tmp_path: Path) -> None:
    refusing = tmp_path / "unshare"
    refusing.write_text("#!/bin/sh\necho 'not permitted' >&2\nexit 1\n")
    refusing.chmod(0o755)
    answer = _run(refusing)
    assert answer.returncode == 7, answer.stderr
    assert answer.stdout.startswith("127.0.0.1\n")
    assert answer.stderr.startswith("one-address: NOT TESTED")
    assert "(not permitted)" in answer.stderr
