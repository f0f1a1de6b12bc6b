"""The dashboard, the alarms and their documentation; the alias of the function."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gate.platform.metrics import NAMESPACE
from infra.settings import Settings
from local.template import Template, synthesise_all
from tests.infra.examples import only, properties
from tests.infra.setting_rows import BASE

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "operations.md").read_text()
CODE = "\n".join(path.read_text() for path in (ROOT / "lambda" / "gate").rglob("*.py"))


@pytest.fixture(scope="module")
def alarms(template: Template) -> dict[str, Any]:
    found = properties(template, "AWS::CloudWatch::Alarm")
    return {re.sub(r"^Monitoring|[0-9A-F]{8}$", "", name): alarm for name, alarm in found.items()}


def test_every_alarm_is_documented(alarms: dict[str, Any]) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE)
    assert set(rows) == {*alarms, "NotCutOff"}  # of the denies function, with access requests
    assert all("docs/operations.md" in alarm["AlarmDescription"] for alarm in alarms.values())


def test_the_calculation_of_the_cost_counts_the_alarms_and_their_metrics(alarms: dict[str, Any]) -> None:
    metrics = 0
    for alarm in alarms.values():
        metrics += len([each for each in alarm.get("Metrics", [{"MetricStat": {}}]) if "MetricStat" in each])
        metrics += 2 if "ThresholdMetricId" in alarm else 0  # AWS charges the two ends of the band as metrics
    assert f"{len(alarms)} alarms on {metrics} metrics" in GUIDE


def test_alarms_and_graphs_use_metrics_of_the_function(alarms: dict[str, Any], template: Template) -> None:
    dashboard = only(template, "AWS::CloudWatch::Dashboard")
    text = json.dumps([alarms, dashboard])
    used = set(re.findall(rf'{NAMESPACE}\\*",\\*"(\w+)', text))
    for alarm in alarms.values():
        inner = [each.get("MetricStat", {}).get("Metric", {}) for each in alarm.get("Metrics", [])]
        used |= {metric["MetricName"] for metric in [alarm, *inner] if metric.get("Namespace") == NAMESPACE}
    assert used == {
        "Requests", "ColdStarts", "Launches", "Refusals", "Failures", "Throttles", "SigningKeyAge", "MalformedGrants",
        "CanaryPasses",
    }  # fmt: skip
    for name in (*used, "Detours"):
        assert f'"{name}"' in CODE
        assert f"`{name}`" in GUIDE


def test_alarms_use_the_metrics_of_this_stack_alone(template: Template) -> None:
    (function,) = (
        each
        for each in properties(template, "AWS::Lambda::Function").values()
        if "GATE_TABLE" in each.get("Environment", {}).get("Variables", {})
    )
    assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == "notebook-gate"
    assert '"Value": "notebook-gate"' in json.dumps(properties(template, "AWS::CloudWatch::Alarm"))


def test_alarms_notify_the_topic_of_the_settings(template: Template, full_template: Template) -> None:
    for alarm in properties(template, "AWS::CloudWatch::Alarm").values():
        assert "AlarmActions" not in alarm
    for alarm in properties(full_template, "AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == ["arn:aws:sns:eu-west-1:123456789012:alarms"]


def test_missing_data_raises_no_alarm(alarms: dict[str, Any]) -> None:
    assert {name: alarm["TreatMissingData"] for name, alarm in alarms.items()} == {
        "ClientRefused": "notBreaching",
        "Errors": "notBreaching",
        "InstanceQuota": "notBreaching",
        "RefusalsJump": "notBreaching",
        "Throttling": "notBreaching",
        # Without its passes, nobody knows whether people could open their notebooks.
        "Canary": "breaching",
        # The last value stays valid: without requests there is no new value, and the key still ages.
        "KeyRotationDue": "ignore",
    }


def test_one_rejection_by_the_identity_provider_raises_an_alarm(alarms: dict[str, Any]) -> None:
    alarm = alarms["ClientRefused"]
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    # tests/unit/identity/test_client_secret.py has the same metric from the function.
    assert (alarm["MetricName"], dimensions) == ("Failures", {"service": "notebook-gate", "reason": "client_refused"})
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["Period"]) == (1, 1, 300)


def test_the_guides_queries_use_fields_that_are_logged() -> None:
    queries = re.findall(r"^```\n(fields .*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    assert len(queries) == 6
    for query in queries:
        matches = re.findall(r"fields (.*)|by (.*)|filter (\w+)|and (\w+)", query)
        for field in re.findall(r"[a-z_]+", " ".join(" ".join(parts) for parts in matches)):
            assert field in POWERTOOLS_FIELDS or re.search(rf'\b{field}=|"{field}"', CODE), field


POWERTOOLS_FIELDS = {"message", "level", "timestamp", "correlation_id"}


def test_the_api_invokes_the_alias_of_a_published_version(template: Template) -> None:
    ((alias, resource),) = properties(template, "AWS::Lambda::Alias").items()
    (version,) = properties(template, "AWS::Lambda::Version")
    assert resource["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    methods = [
        each for each in properties(template, "AWS::ApiGateway::Method").values() if "Uri" in each["Integration"]
    ]
    assert len(methods) > 8
    assert all({"Ref": alias} in each["Integration"]["Uri"]["Fn::Join"][1] for each in methods)


def test_asynchronous_invocations_use_the_alias_as_well(full_template: Template) -> None:
    names = {name: each["Name"] for name, each in properties(full_template, "AWS::Lambda::Alias").items()}
    policies = properties(full_template, "AWS::IAM::Policy").values()
    statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    invoked = {each["Resource"]["Ref"] for each in statements if each["Action"] == "lambda:InvokeFunction"}
    assert sorted(names[each] for each in invoked) == ["denies", "live", "slack"]
    for config in properties(full_template, "AWS::Lambda::EventInvokeConfig").values():
        qualifier = json.dumps(config["Qualifier"])
        assert qualifier in ('"live"', '"slack"', '"denies"') or any(alias in qualifier for alias in invoked)


def _rules(template: Template, event: str) -> list[dict[str, Any]]:
    """Return the rules that send `event` to all of their targets."""
    rules = properties(template, "AWS::Events::Rule").values()
    return [each for each in rules if all(json.loads(target["Input"]) == {event: {}} for target in each["Targets"])]


def test_reminders_are_sent_by_the_requests_function(full_template: Template) -> None:
    (rule,) = _rules(full_template, "reminders")
    (target,) = rule["Targets"]
    alias = properties(full_template, "AWS::Lambda::Alias")[target["Arn"]["Ref"]]
    function = properties(full_template, "AWS::Lambda::Function")[alias["FunctionName"]["Ref"]]
    assert "GATE_ACCESS_REQUESTS" in function["Environment"]["Variables"]
    assert (alias["Name"], rule["ScheduleExpression"]) == ("live", "rate(5 minutes)")


def test_a_schedule_brings_denies_to_the_launch_role_and_an_alarm_looks_at_it(full_template: Template) -> None:
    (rule,) = _rules(full_template, "denies")
    (target,) = rule["Targets"]
    alias = properties(full_template, "AWS::Lambda::Alias")[target["Arn"]["Ref"]]
    function = alias["FunctionName"]["Ref"]
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    assert "VpcConfig" not in properties(full_template, "AWS::Lambda::Function")[function]
    alarms = properties(full_template, "AWS::CloudWatch::Alarm")
    (alarm,) = [alarm for name, alarm in alarms.items() if name.startswith("MonitoringNotCutOff")]
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]
    found = [alarm[name] for name in ("MetricName", "Threshold", "EvaluationPeriods", "Period", "TreatMissingData")]
    assert found == ["Errors", 1, 2, 300, "breaching"]
    assert (alias["Name"], len(rule["Targets"])) == ("denies", 1)


def test_without_slack_there_are_no_reminders() -> None:
    ((template,),) = synthesise_all([Settings.parse({**BASE, "requests": {"approvers": {"group:ml": ["*"]}}})])
    assert not _rules(template, "reminders")
    assert _rules(template, "canary")


def test_the_canary_invokes_each_function_and_its_alarm_looks_at_each(full_template: Template) -> None:
    (rule,) = _rules(full_template, "canary")
    aliases = properties(full_template, "AWS::Lambda::Alias")
    assert [aliases[target["Arn"]["Ref"]]["Name"] for target in rule["Targets"]] == ["live", "live"]
    assert rule["ScheduleExpression"] == "rate(30 minutes)"
    (alarm,) = (
        each
        for name, each in properties(full_template, "AWS::CloudWatch::Alarm").items()
        if name.startswith("MonitoringCanary")
    )
    expression, *metrics = alarm["Metrics"]
    assert expression["Expression"] == "MIN([FILL(each0, 0), FILL(each1, 0)])"
    functions = [
        [each["Value"] for each in metric["MetricStat"]["Metric"]["Dimensions"] if each["Name"] == "function"]
        for metric in metrics
    ]
    assert functions == [[{"Ref": aliases[target["Arn"]["Ref"]]["FunctionName"]["Ref"]}] for target in rule["Targets"]]
    # Two events in an hour, of which one must pass, and two such hours.
    assert {metric["MetricStat"]["Period"] for metric in metrics} == {3600}
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 2)
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
