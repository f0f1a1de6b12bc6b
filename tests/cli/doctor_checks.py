"""Reads the results of `gate doctor`, and changes AWS's responses to it."""

from typing import Any

import pytest

from local.deployment import LocalDeployment
from tests.cli.conftest import Gate


def checks_by_name(gate: Gate, *words: str) -> dict[str, dict[str, str]]:
    """Run `gate doctor` and return its checks; of several with one name, the last."""
    said = gate("doctor", "--json", *words)
    found = {check["name"]: check for check in said.json["checks"]}
    assert said.code == (3 if said.json["worst"] == "error" else 0)
    return found


def change_response(
    deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, operation: str, **changes: Any
) -> None:
    """Replace attributes of every response to `operation` by `changes`."""
    monkeypatch.setitem(deployment.aws.changes, operation, lambda _call, answer: {**answer, **changes})
