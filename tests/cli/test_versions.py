"""`gate doctor` names the versions of the functions that an operator can go back to."""

import re
from typing import Any

import pytest

from local.deployment import LocalDeployment
from testing.aws_command import AwsCommand
from tests.cli.conftest import Gate
from tests.cli.doctor_checks import change_response


def _have(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, versions: range, **aliases: int) -> None:
    listed: list[dict[str, Any]] = [{"Version": str(version)} for version in versions]
    change_response(deployment, monkeypatch, "ListVersionsByFunction", Versions=[{"Version": "$LATEST"}, *listed])
    named = [{"Name": name, "FunctionVersion": str(version)} for name, version in aliases.items()]
    change_response(deployment, monkeypatch, "ListAliases", Aliases=named)


def _found(gate: Gate) -> list[dict[str, str]]:
    return [check for check in gate("doctor", "--json").json["checks"] if check["name"] == "versions"]


def test_doctor_names_the_calls_that_go_back(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add_function(_call: object, answer: dict[str, Any]) -> dict[str, Any]:
        (stack,) = answer["Stacks"]
        requests = {"OutputKey": "RequestsFunctionName", "OutputValue": "requests"}
        return {"Stacks": [{**stack, "Outputs": [*stack["Outputs"], requests]}]}

    monkeypatch.setitem(deployment.aws.changes, "DescribeStacks", add_function)
    _have(deployment, monkeypatch, range(8, 12), live=10, slack=10, operators=10)
    assert [check["text"].partition(" ")[0] for check in _found(gate)][1:] == ["requests"]
    for check in _found(gate):
        name = check["text"].partition(" ")[0]
        assert (check["level"], check["text"]) == ("ok", f"{name} runs version 10; kept: 9, 8")
        commands = [AwsCommand.parse(text) for text in check["fix"].removeprefix("To go back: ").split("; ")]
        assert [(each.service, each.operation) for each in commands] == [("lambda", "update_alias")] * 3
        assert [each.parameters for each in commands] == [
            {"FunctionName": name, "Name": alias, "FunctionVersion": "9"} for alias in ("live", "operators", "slack")
        ]


def test_a_first_deployment_has_nothing_to_go_back_to(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _have(deployment, monkeypatch, range(1, 2), live=1)
    for check in _found(gate):
        assert check["text"].endswith("runs version 1, and no earlier one is kept")
        assert check["fix"] == ""


def test_many_kept_versions_are_a_warning_that_names_the_oldest(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _have(deployment, monkeypatch, range(3, 9), live=8)
    assert {check["level"] for check in _found(gate)} == {"ok"}
    _have(deployment, monkeypatch, range(2, 9), live=8)
    warnings = [check for check in _found(gate) if check["level"] == "warning"]
    assert warnings
    for check in warnings:
        assert check["text"].startswith("6 earlier versions of ")
        command = AwsCommand.parse(re.sub("^Delete the oldest: ", "", check["fix"]))
        assert (command.operation, command.parameters["Qualifier"]) == ("delete_function", "2")


def test_aliases_with_different_versions_are_an_error(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _have(deployment, monkeypatch, range(1, 4), live=2, slack=3)
    for check in _found(gate):
        assert check["level"] == "error"
        assert check["text"].endswith("have different versions: live 2, slack 3")
