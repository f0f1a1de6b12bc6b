"""What the emulator lacks, and what the rehearsal does instead. A test fails when a release of the emulator has it.

This is the only place that changes the synthesised template.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local.template import REGION, Template

EMULATOR_ONLY = "EmulatorOnly"
"""The Sid of policy statements that only the emulator needs."""


@dataclass(frozen=True)
class Omission:
    """One difference between MiniStack and AWS."""

    what: str
    instead: str
    adapt: Callable[[Template], None] = lambda _template: None
    """Changes the template. The default changes nothing, where settings or a step avoid the difference."""


def adapt(template: Template) -> None:
    """Apply all changes to `template`."""
    for omission in OMITTED:
        omission.adapt(template)


def _alarms_on_one_metric(template: Template) -> None:
    plain = {"Namespace": "Rehearsal", "MetricName": "Omitted", "Period": 300, "Statistic": "Sum", "Threshold": 1}
    for _, alarm in of_type(template, "AWS::CloudWatch::Alarm"):
        if alarm.pop("Metrics", None):
            alarm.pop("ThresholdMetricId", None)
            alarm |= {**plain, "ComparisonOperator": "GreaterThanThreshold"}


def _provider_url(template: Template) -> None:
    for name, _ in of_type(template, "AWS::Cognito::UserPool"):
        url = {"Fn::Join": ["", [f"https://cognito-idp.{REGION}.amazonaws.com/", {"Ref": name}]]}
        _replace(template, {"Fn::GetAtt": [name, "ProviderURL"]}, url)


def _secret_arns(template: Template) -> None:
    for name, _ in of_type(template, "AWS::SecretsManager::Secret"):
        _replace(template, {"Ref": name}, {"Fn::GetAtt": [name, "Id"]})


def _partiql(template: Template) -> None:
    _allow_besides(template, "dynamodb:FullTableScan", {"Action": "dynamodb:ExecuteStatement", "Resource": "*"})


def _leading_keys(template: Template) -> None:
    _allow_besides(template, "dynamodb:LeadingKeys", {})


def _invoked_version(template: Template) -> None:
    for _, policy in of_type(template, "AWS::IAM::Policy"):
        statements = policy["PolicyDocument"]["Statement"]
        for each in [each for each in statements if each["Action"] == "lambda:InvokeFunction"]:
            function = template["Resources"][each["Resource"]["Ref"]]["Properties"]["FunctionName"]["Ref"]
            versions = {"Fn::Join": ["", [{"Fn::GetAtt": [function, "Arn"]}, ":*"]]}
            statements.append({**each, "Resource": versions, "Sid": EMULATOR_ONLY})


def _snapshots(template: Template) -> None:
    for name, _ in list(of_type(template, "AWS::Lambda::Version")):
        signal = {"ResourceSignal": {"Timeout": "PT1M"}}
        wait = {"Type": "AWS::CloudFormation::WaitCondition", "DependsOn": [name], "CreationPolicy": signal}
        template["Resources"][wait_for(name)] = {**wait, "Properties": {}}
        for alias, properties in of_type(template, "AWS::Lambda::Alias"):
            if name in json.dumps(properties["FunctionVersion"]):
                template["Resources"][alias].setdefault("DependsOn", []).append(wait_for(name))


def give_network(template: Template, proxy: str) -> None:
    """Let functions without a VPC reach everything by the rehearsal's `proxy` (a URL), as AWS's own network would."""
    for _, function in of_type(template, "AWS::Lambda::Function"):
        if "VpcConfig" not in function:
            function["Environment"]["Variables"]["HTTPS_PROXY"] = proxy


def wait_for(version: str) -> str:
    """Return the name of the resource that completes when the snapshot of `version`, a resource's name, is made."""
    return f"{version}Active"


def invoked(resource: str, alias: str) -> str:
    """Return the ARN by which the function would invoke itself at AWS. `resource`: the ARN that it used here."""
    function, _, qualifier = resource.rpartition(":")
    return f"{function}:{alias}" if qualifier.isdecimal() else resource


def _allow_besides(template: Template, key: str, changed: dict[str, str]) -> None:
    """Repeat each statement with the condition key `key`, without conditions and `changed`."""
    for _, policy in of_type(template, "AWS::IAM::Policy"):
        statements = policy["PolicyDocument"]["Statement"]
        for each in [each for each in statements if key in json.dumps(each.get("Condition", {}))]:
            without = {name: value for name, value in each.items() if name != "Condition"}
            statements.append({**without, **changed, "Sid": EMULATOR_ONLY})


OMITTED = (
    Omission("AWS::EC2::EIP", "an existing VPC, made through the EC2 API"),
    Omission("AWS::EC2::NatGateway", "an existing VPC, made through the EC2 API"),
    Omission("AWS::EC2::FlowLog", "an existing VPC, made through the EC2 API"),
    Omission("AWS::CloudWatch::Alarm with Metrics", "an alarm on one metric", _alarms_on_one_metric),
    Omission(
        "ProviderURL of AWS::Cognito::UserPool", "the same address, put together from the pool's id", _provider_url
    ),
    Omission("Ref of AWS::SecretsManager::Secret as its ARN", "its attribute Id, which is the ARN, too", _secret_arns),
    Omission("dynamodb:PartiQLSelect and FullTableScan in policies", "a second statement for the emulator", _partiql),
    Omission("dynamodb:LeadingKeys in policies", "a second statement for the emulator", _leading_keys),
    Omission("the alias's ARN as invoked_function_arn", "permission to invoke versions, too", _invoked_version),
    Omission("AWS::Lambda::Version waits for its snapshot", "a wait condition before the alias moves", _snapshots),
    Omission("AWS::ApiGateway::Deployment as a snapshot", "its DependsOn is compared with the methods"),
    Omission("a function's permission for API Gateway", "it is evaluated for every route"),
    Omission("time to live and recovery of an AWS::DynamoDB::Table", "the doctor's commands, for a restored table"),
    Omission("RestoreTableToPointInTime to an earlier moment", "the rows are deleted after that call"),
    Omission("the host name of an AWS::ApiGateway::RestApi", "a custom domain of that name, in the emulator alone"),
)


def of_type(template: Template, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the properties of each resource of the type `kind`."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource["Properties"]


def _replace(value: Any, old: Any, new: Any) -> None:
    """Replace every `old` inside of `value`."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if inner == old:
            value[key] = new
        else:
            _replace(inner, old, new)
