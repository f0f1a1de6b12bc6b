"""The canary: what it proves, and what it says when something that people need is out of order."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from local.template import Template
from testing.user import TestUser
from tests.dev.local.test_broken_deployments import (
    distrust_the_function,
    hide_the_table,
    remove_the_functions_address,
)
from trials.recorder import Recorder

SETTINGS = {"requests": {"approvers": {"group:platform": ["*"]}}}
"""With the requests function."""


def _events(deployment: LocalDeployment) -> list[tuple[str, dict[str, Any]]]:
    return [(function, event) for function, event in deployment.template.scheduled_events if "canary" in event]


def _lines(deployment: LocalDeployment) -> list[dict[str, Any]]:
    """Send the events of the schedule, as EventBridge does, and return all lines that the functions write."""
    recorder = Recorder(deployment)
    with recorder.recording():
        for function, event in _events(deployment):
            assert deployment.front_door.invoke(function, event) is None
    assert recorder.leaked_kinds() == []
    # A warning is written twice: by the function, and by the root logger.
    return [json.loads(line) for line in recorder.text.splitlines() if line.startswith("{")]


def _passes(lines: list[dict[str, Any]]) -> int:
    return len([each for each in lines if "CanaryPasses" in each])


def _failed(lines: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(each["check"], each["outcome"]) for each in lines if each.get("message") == "canary failed"}


def test_each_function_passes_and_writes_nothing_but_metrics(sample: Sample) -> None:
    with LocalDeployment(sample, LocalOptions(settings=SETTINGS)) as deployment:
        TestUser(deployment).open("/open/alice-notebook", "alice@example.com")
        lines = _lines(deployment)
        assert (len(_events(deployment)), _passes(lines)) == (2, 2)
        assert [each for each in lines if "_aws" not in each] == []
        for each in lines:
            # The dimensions of the alarm (infra/monitoring.py).
            assert ["service", "function"] in each["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
            assert each["function"] == "notebook-gate-local"
        assert len(deployment.urls.made) == 1  # Alice's


def test_no_cache_answers_in_place_of_a_service(sample: Sample) -> None:
    """An instance that has served people and canaries asks every service again."""
    with LocalDeployment(sample, LocalOptions(settings=SETTINGS)) as deployment:
        TestUser(deployment).open("/open/alice-notebook", "alice@example.com")
        assert _passes(_lines(deployment)) == 2
        secrets = deployment.operator("secretsmanager")
        for each in secrets.list_secrets()["SecretList"]:
            secrets.delete_secret(SecretId=each["ARN"], ForceDeleteWithoutRecovery=True)
        assert _failed(_lines(deployment)) == {("secret", "aws_error")}


def _hide_secrets(template: Template) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            document = resource["Properties"]["PolicyDocument"]
            wanted = [each for each in document["Statement"] if each["Action"] != "secretsmanager:GetSecretValue"]
            document["Statement"] = wanted


@pytest.mark.parametrize(
    ("change_template", "failed", "passes"),
    [
        # The requests function opens no notebooks, so its own canary passes.
        (remove_the_functions_address, {("launch role", "aws_denied")}, 1),
        (distrust_the_function, {("launch role", "launch_role_denied")}, 1),
        (hide_the_table, {("table", "aws_denied")}, 0),
        (_hide_secrets, {("secret", "aws_denied")}, 0),
    ],
)
def test_what_is_out_of_order_is_named(
    sample: Sample, change_template: Callable[[Template], None], failed: set[tuple[str, str]], passes: int
) -> None:
    options = LocalOptions(settings=SETTINGS, change_template=change_template)
    with LocalDeployment(sample, options) as deployment:
        lines = _lines(deployment)
    assert (_passes(lines), _failed(lines)) == (passes, failed)


def test_an_issuer_that_does_not_answer_is_named(sample: Sample) -> None:
    def reroute(name: str, url: str) -> str:
        return "http://127.0.0.1:9" if name == "issuer" else url  # nothing listens there

    with LocalDeployment(sample, LocalOptions(settings=SETTINGS, reroute=reroute)) as deployment:
        lines = _lines(deployment)
    assert (_passes(lines), _failed(lines)) == (0, {("issuer", "identity_provider_down")})
