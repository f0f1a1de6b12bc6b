"""`make run` and deployments install what they need, and nothing of what only tests need."""

import os
import re
import sys

from tests.infra.command import run

ONLY_FOR_TESTS = ("hypothesis", "importlinter", "mypy", "pip_audit", "playwright", "pytest", "schemathesis", "trustme")


def _setups(target: str) -> list[str]:
    """Return the parts of set-up that `make TARGET` runs in a fresh clone, in their order."""
    return re.findall(r"scripts/setup (\w+)", run("make", "--dry-run", "--always-make", target).stdout)


def test_only_tests_wait_for_their_packages() -> None:
    for target in ("run", "deploy"):
        assert _setups(target) == ["python", "node"]
    assert _setups("slack") == ["python"]
    assert _setups("test")[:3] == ["python", "dev", "node"]


def test_what_runs_without_tests_imports_none_of_their_packages() -> None:
    modules = "local.__main__, local.running, local.slack.__main__, cli.main, infra.gate, infra.prebuilt"
    program = f"import sys; sys.modules.update(dict.fromkeys({ONLY_FOR_TESTS})); import {modules}"
    done = run(sys.executable, "-c", program, env={**os.environ, "PYTHONPATH": "lambda:dev:."})
    assert done.returncode == 0, done.stderr
