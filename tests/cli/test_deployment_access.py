"""What every command says if it cannot reach the deployment."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.deployment import LocalDeployment
from tests.cli.conftest import Gate
from tests.cli.doctor_checks import change_response


def test_a_stack_that_does_not_exist_or_is_not_a_gate(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = gate("--stack", "other", "doctor")
    assert (result.code, "There is no stack other in eu-west-1" in result.err) == (1, True)
    other = {"StackName": "local", "StackStatus": "UPDATE_COMPLETE", "Outputs": []}
    change_response(deployment, monkeypatch, "DescribeStacks", Stacks=[other])
    assert "it is not a Notebook Gate" in gate("grants", "list").err
    change_response(deployment, monkeypatch, "GetTemplate", TemplateBody="{}")
    assert "deploy it again" in gate("explain", "a@example.com", "n", "--from", "127.0.0.1").err


def test_a_denied_call_names_the_missing_permission(
    gate: Gate, deployment: LocalDeployment, tmp_path: Path, monkeypatch: Any
) -> None:
    weak = {
        "endpoint_url": deployment.aws.url,
        "region": "eu-west-1",
        "access_key_id": "AKIANOBODY",
        "secret_access_key": "x",
    }
    (tmp_path / "weak.json").write_text(json.dumps(weak))
    monkeypatch.setattr("cli.aws.LOCAL_ACCESS_FILE", tmp_path / "weak.json")
    result = gate("grants", "list")
    assert (result.code, "AWS denies DescribeStacks" in result.err) == (1, True)


def test_local_without_a_local_deployment(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.aws.LOCAL_ACCESS_FILE", tmp_path / "none.json")
    assert "start `make run`" in gate("grants", "list").err
