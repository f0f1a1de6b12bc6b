"""The dashboard, the alarms, and that each of them is explained; the function behind its alias."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gate.metrics import NAMESPACE
from local.template import Template

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "operations.md").read_text()
CODE = "\n".join(path.read_text() for path in (ROOT / "lambda" / "gate").rglob("*.py"))


def _of_type(template: Template, kind: str) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


@pytest.fixture(scope="module")
def alarms(template: Template) -> dict[str, Any]:
    found = _of_type(template, "AWS::CloudWatch::Alarm")
    return {re.sub(r"^Monitoring|[0-9A-F]{8}$", "", name): alarm for name, alarm in found.items()}


def test_every_alarm_is_explained(alarms: dict[str, Any]) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE)
    assert set(rows) == set(alarms)
    assert all("docs/operations.md" in alarm["AlarmDescription"] for alarm in alarms.values())


def test_alarms_and_graphs_use_metrics_that_the_function_counts(alarms: dict[str, Any], template: Template) -> None:
    (dashboard,) = _of_type(template, "AWS::CloudWatch::Dashboard").values()
    text = json.dumps([alarms, dashboard])
    used = set(re.findall(rf'{NAMESPACE}\\*",\\*"(\w+)', text))
    for alarm in alarms.values():
        inner = [each.get("MetricStat", {}).get("Metric", {}) for each in alarm.get("Metrics", [])]
        used |= {metric["MetricName"] for metric in [alarm, *inner] if metric.get("Namespace") == NAMESPACE}
    assert used == {
        "Requests", "ColdStarts", "Launches", "Refusals", "Failures", "Throttles", "SigningKeyAge", "MalformedGrants",
    }  # fmt: skip
    for name in (*used, "Detours"):
        assert f'"{name}"' in CODE
        assert f"`{name}`" in GUIDE


def test_the_metrics_of_this_stack_alone_are_looked_at(template: Template) -> None:
    (function,) = (
        each
        for each in _of_type(template, "AWS::Lambda::Function").values()
        if "GATE_TABLE" in each.get("Environment", {}).get("Variables", {})
    )
    assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == "notebook-gate"
    assert '"Value": "notebook-gate"' in json.dumps(_of_type(template, "AWS::CloudWatch::Alarm"))


def test_alarms_tell_a_topic_where_there_is_one(template: Template, own_template: Template) -> None:
    for alarm in _of_type(template, "AWS::CloudWatch::Alarm").values():
        assert "AlarmActions" not in alarm
    for alarm in _of_type(own_template, "AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == ["arn:aws:sns:eu-west-1:123456789012:alarms"]


def test_a_quiet_night_is_no_alarm(alarms: dict[str, Any]) -> None:
    assert {name: alarm["TreatMissingData"] for name, alarm in alarms.items()} == {
        "ClientRefused": "notBreaching",
        "Errors": "notBreaching",
        "RefusalsJump": "notBreaching",
        "Throttling": "notBreaching",
        # The last reading holds: nobody opens anything on Sundays, and the key is no younger for it.
        "KeyRotationDue": "ignore",
    }


def test_one_refusal_of_the_gate_by_its_identity_provider_is_an_alarm(alarms: dict[str, Any]) -> None:
    alarm = alarms["ClientRefused"]
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    # As the function counts it: tests/unit/test_client_secret.py.
    assert (alarm["MetricName"], dimensions) == ("Failures", {"service": "notebook-gate", "reason": "client_refused"})
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["Period"]) == (1, 1, 300)


def test_the_guides_queries_ask_for_fields_that_are_logged() -> None:
    queries = re.findall(r"^```\n(fields .*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    assert len(queries) == 5
    for query in queries:
        asked = re.findall(r"fields (.*)|by (.*)|filter (\w+)|and (\w+)", query)
        for field in re.findall(r"[a-z_]+", " ".join(" ".join(parts) for parts in asked)):
            assert field in BY_POWERTOOLS or re.search(rf'\b{field}=|"{field}"', CODE), field


BY_POWERTOOLS = {"message", "level", "timestamp", "correlation_id"}


def test_the_api_calls_the_alias_of_a_published_version(template: Template) -> None:
    ((alias, properties),) = _of_type(template, "AWS::Lambda::Alias").items()
    (version,) = _of_type(template, "AWS::Lambda::Version")
    assert properties["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    methods = [each for each in _of_type(template, "AWS::ApiGateway::Method").values() if "Uri" in each["Integration"]]
    assert len(methods) > 8
    assert all({"Ref": alias} in each["Integration"]["Uri"]["Fn::Join"][1] for each in methods)


def test_slacks_later_work_goes_through_the_alias_too(own_template: Template) -> None:
    ((alias, _),) = _of_type(own_template, "AWS::Lambda::Alias").items()
    policies = _of_type(own_template, "AWS::IAM::Policy").values()
    statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    assert [each["Resource"] for each in statements if each["Action"] == "lambda:InvokeFunction"] == [{"Ref": alias}]
    (later,) = _of_type(own_template, "AWS::Lambda::EventInvokeConfig").values()
    assert "live" in json.dumps(later["Qualifier"]) or alias in json.dumps(later["Qualifier"])
