"""Reads the results of `gate doctor`, and changes AWS's responses to it."""

from typing import Any

import pytest

from local.aws.control import Control
from tests.cli.conftest import Gate


def checks_by_name(gate: Gate, *words: str) -> dict[str, dict[str, str]]:
    """Run `gate doctor` and return its checks; of several with one name, the last."""
    said = gate("doctor", "--json", *words)
    found = {check["name"]: check for check in said.json["checks"]}
    assert said.code == (3 if said.json["worst"] == "error" else 0)
    return found


def change_response(monkeypatch: pytest.MonkeyPatch, operation: str, **changes: Any) -> None:
    """Replace attributes of every response to `operation` by `changes`."""
    real = Control.answer

    def answer(self: Control, call: Any) -> Any:
        answered = real(self, call)
        return {**(answered or {}), **changes} if call.operation == operation else answered

    monkeypatch.setattr(Control, "answer", answer)
