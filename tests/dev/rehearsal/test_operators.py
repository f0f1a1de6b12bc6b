"""The policy for operators is compared with what `gate` asked AWS for."""

import json
from typing import Any

import pytest

from local.aws.calls import Call, UnmappedCallError
from local.aws.source import Source
from local.template import ACCOUNT, REGION
from rehearsal.operators import permissions, policy


def _call(service: str, operation: str, **parameters: Any) -> Call:
    return Call(service, REGION, operation, parameters, "AKIAOPERATOR", Source("127.0.0.1"))


def test_the_placeholders_of_the_policy_are_filled_in() -> None:
    text = json.dumps(policy("home"))
    assert "<" not in text
    assert f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/home/*" in text


@pytest.mark.parametrize(
    ("call", "action", "resource"),
    [
        (
            _call("cloudformation", "DescribeStacks", StackName="home"),
            "cloudformation:DescribeStacks",
            f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/home/id",
        ),
        (_call("iam", "GetRolePolicy", RoleName="r"), "iam:GetRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/r"),
        (_call("iam", "SimulatePrincipalPolicy", PolicySourceArn="arn:r"), "iam:SimulatePrincipalPolicy", "arn:r"),
        (
            _call("logs", "StartQuery", logGroupName="home-Logs"),
            "logs:StartQuery",
            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:home-Logs",
        ),
        (_call("logs", "DescribeLogGroups", logGroupNamePrefix="home-Logs"), "logs:DescribeLogGroups", "*"),
        (_call("apigateway", "GetAccount"), "apigateway:GET", f"arn:aws:apigateway:{REGION}::/account"),
        (_call("ec2", "DescribeNatGateways"), "ec2:DescribeNatGateways", "*"),
    ],
    ids=lambda value: value.operation if isinstance(value, Call) else "",
)
def test_a_call_of_gate_needs_a_permission(call: Call, action: str, resource: str) -> None:
    assert permissions(call) == [(action, resource, {})]


def test_a_call_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(UnmappedCallError):
        permissions(_call("sqs", "SendMessage"))
