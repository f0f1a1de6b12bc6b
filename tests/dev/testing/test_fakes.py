"""The fakes of AWS do not outlive a test."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

SCRIPT = """
import pytest
from testing.aws import FakeAws

with pytest.MonkeyPatch.context() as patch:
    for name, fake in FakeAws().patches():
        patch.setattr(name, fake)

import gate.platform.aws.clients, gate.slack.request_notices, gate.slack.requests

for module in (gate.slack.request_notices, gate.slack.requests):
    assert module.client is gate.platform.aws.clients.client, module
"""


def test_modules_that_a_test_imports_first_keep_the_real_client() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'dev'}:{ROOT / 'lambda'}"}
    command = [sys.executable, "-c", SCRIPT]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
