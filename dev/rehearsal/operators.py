"""Compares the policy for operators, docs/policies/operator.json, with the calls that `gate` made."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from local.aws.calls import Call
from local.aws.permissions import Permission, permissions_of
from local.evaluator import Access
from local.template import ACCOUNT, REGION
from rehearsal.account import ROOT
from rehearsal.permissions import unused_parts

if TYPE_CHECKING:
    from rehearsal.environment import Environment

POLICY = ROOT / "docs" / "policies" / "operator.json"
PRINCIPAL = f"arn:aws:sts::{ACCOUNT}:assumed-role/Operators/rehearsal"
NOT_REHEARSED = (
    "ec2:DescribeVpcEndpoints",
    "logs:DescribeLogGroups",
    "logs:GetQueryResults",
    "logs:StartQuery",
    "logs:StopQuery",
)
"""`gate doctor` looks for endpoints of the function's VPC, unless the function uses a proxy, as in the rehearsal.

`gate grants unused` counts lines of the log, which MiniStack's Logs Insights cannot. Its test at a local deployment
compares its calls with the policy.
"""

STACK_TAG = "aws:ResourceTag/aws:cloudformation:stack-name"
"""The tag that CloudFormation gives to the secrets of a stack, whose names do not begin with that of the stack."""
HERE = f"{REGION}:{ACCOUNT}"


def policy(stack: str) -> Mapping[str, Any]:
    """Return the policy for the operators of `stack`, with its placeholders filled in as an administrator does."""
    text = POLICY.read_text(encoding="utf-8")
    for placeholder, value in {"<Account>": ACCOUNT, "<Region>": REGION, "<Stack>": stack}.items():
        text = text.replace(placeholder, value)
    filled: Mapping[str, Any] = json.loads(text)
    return filled


def check_operators(env: "Environment", stack: str) -> tuple[int, list[str]]:
    """Return the number of different calls of `gate`, and a description of each denied call and each unused part."""
    calls = [call for each in env.operator_calls if (call := each.call()) is not None]
    secrets, tag = _secrets(env, stack), {STACK_TAG: stack}
    found = {json.dumps(each, sort_keys=True): each for call in calls for each in permissions(call)}
    accesses = [
        Access(
            action=action,
            resource=resource,
            account=ACCOUNT,
            principal=PRINCIPAL,
            context={**context, **(tag if any(name in resource for name in secrets) else {})},
            identity_policies=[policy(stack)],
        )
        for action, resource, context in found.values()
    ]
    denied = [each for each in accesses if not env.evaluator.allows(each)]
    problems = [f"docs/policies/operator.json does not allow {each.action} on {each.resource}" for each in denied]
    unused = unused_parts(env.evaluator, [policy(stack)], accesses)
    return len(accesses), [
        *problems,
        *(f"unused by operators: {each}" for each in unused if not each.endswith(NOT_REHEARSED)),
    ]


def _secrets(env: "Environment", stack: str) -> list[str]:
    found = env.account.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return [each["PhysicalResourceId"] for each in found if each["ResourceType"] == "AWS::SecretsManager::Secret"]


def permissions(call: Call) -> Sequence[Permission]:
    """Return the permissions that a call of `gate` needs (service authorization reference).

    Raises `UnmappedCallError` for a call that neither this module nor `local.aws.permissions` knows.
    """
    parameters, action = call.parameters, f"{call.service}:{call.operation}"
    match call.service, call.operation:
        case "cloudformation", _:
            return [(action, f"arn:aws:cloudformation:{HERE}:stack/{parameters['StackName']}/id", {})]
        case "iam", "SimulatePrincipalPolicy":
            return [(action, parameters["PolicySourceArn"], {})]
        case "iam", operation if "RoleName" in parameters:
            return [(f"iam:{operation}", f"arn:aws:iam::{ACCOUNT}:role/{parameters['RoleName']}", {})]
        case "lambda", "GetFunctionConfiguration" | "ListAliases" | "ListVersionsByFunction":
            return [(action, f"arn:aws:lambda:{HERE}:function:{parameters['FunctionName']}", {})]
        case "logs", "StartQuery":
            return [(action, f"arn:aws:logs:{HERE}:log-group:{parameters['logGroupName']}", {})]
        case "apigateway", "GetAccount":
            return [("apigateway:GET", f"arn:aws:apigateway:{REGION}::/account", {})]
        case (
            ("ec2", _)
            | ("lambda", "GetAccountSettings")
            | ("logs", "DescribeLogGroups" | "GetQueryResults" | "StopQuery")
            | ("iam", "SimulateCustomPolicy")
            | ("sagemaker", "ListNotebookInstances" | "ListSpaces" | "ListUserProfiles")
        ):
            return [(action, "*", {})]
    return permissions_of(call)
