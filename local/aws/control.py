"""What operators ask of AWS about the deployment: its stack, its function, its policies and its way out."""

import json
from collections.abc import Mapping
from typing import Any

from moto.iam.models import iam_backends

from local.aws.calls import ApiError, Call
from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, EGRESS

STACK = "local"
OPERATOR = f"arn:aws:iam::{ACCOUNT}:user/operator"
LIMIT = 10_240
"""Characters of all of a role's inline policies together, without white space (IAM quotas)."""


class Control:
    """Answers the calls it knows; the rest is moto's."""

    def __init__(
        self, template: ResolvedTemplate, evaluator: Evaluator, environment: Mapping[str, str], operator_key: str
    ) -> None:
        """`environment`: what the function really has here. `operator_key`: the access key of whoever asks."""
        self._operator_key = operator_key
        self._template = template
        self._evaluator = evaluator
        self._environment = environment

    def answer(self, call: Call) -> dict[str, Any] | None:
        """Return the answer to `call`, or None when it is none of these. Raises `ApiError`."""
        parameters = call.parameters
        match call.service, call.operation:
            case "cloudformation", "DescribeStacks":
                _need(parameters)
                outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self._template.outputs.items()]
                stack = {"StackName": STACK, "StackStatus": "UPDATE_COMPLETE", "Outputs": outputs}
                return {"Stacks": [{**stack, "CreationTime": "2026-11-23T08:00:00Z"}]}
            case "cloudformation", "GetTemplateSummary":
                _need(parameters)
                return {"Metadata": json.dumps(self._template.metadata)}
            case "lambda", "GetFunctionConfiguration":
                return {
                    "FunctionName": parameters["FunctionName"],
                    "State": "Active",
                    "Runtime": "python3.13",
                    "Environment": {"Variables": dict(self._environment)},
                    "VpcConfig": {"VpcId": "vpc-0local", "SubnetIds": ["subnet-0local"]},
                }
            case "sts", "GetCallerIdentity" if call.access_key == self._operator_key:
                return {"Arn": OPERATOR, "UserId": "AIDALOCALOPERATOR", "Account": ACCOUNT}
            case "ec2", "DescribeNatGateways":
                address = {"publicIp": EGRESS}
                return {"natGatewaySet": [{"state": "available", "natGatewayAddressSet": [address]}]}
            case "iam", "SimulatePrincipalPolicy":
                name = parameters["PolicySourceArn"].rpartition("/")[2]
                role = iam_backends[ACCOUNT]["aws"].get_role(name)
                return self._simulated(parameters, [json.loads(policy) for policy in role.policies.values()])
            case "iam", "SimulateCustomPolicy":
                return self._simulated(
                    parameters, [json.loads(text) for text in _members(parameters, "PolicyInputList")]
                )
            case "iam", "PutRolePolicy":
                role = iam_backends[ACCOUNT]["aws"].get_role(parameters["RoleName"])
                policies = {**role.policies, parameters["PolicyName"]: parameters["PolicyDocument"]}
                if sum(len("".join(text.split())) for text in policies.values()) > LIMIT:
                    raise ApiError("LimitExceeded", f"Maximum policy size of {LIMIT} bytes exceeded for role", 409)
        return None

    def _simulated(self, parameters: Mapping[str, Any], policies: list[Any]) -> dict[str, Any]:
        context = {}
        for number in range(1, 50):
            name = parameters.get(f"ContextEntries.member.{number}.ContextKeyName")
            if name:
                context[name] = parameters[f"ContextEntries.member.{number}.ContextKeyValues.member.1"]
        (action,), (resource,) = _members(parameters, "ActionNames"), _members(parameters, "ResourceArns")
        allowed = self._evaluator.allows(
            Access(
                action=action,
                resource=resource,
                account=ACCOUNT,
                principal=parameters.get("CallerArn") or f"arn:aws:sts::{ACCOUNT}:assumed-role/launch/x",
                context=context,
                identity_policies=policies,
            )
        )
        decision = "allowed" if allowed else "implicitDeny"
        return {"EvaluationResults": [{"EvalActionName": action, "EvalDecision": decision}], "IsTruncated": False}


def _need(parameters: Mapping[str, Any]) -> None:
    if parameters["StackName"] != STACK:
        raise ApiError("ValidationError", f"Stack with id {parameters['StackName']} does not exist")


def _members(parameters: Mapping[str, Any], name: str) -> list[str]:
    found = (parameters.get(f"{name}.member.{number}") for number in range(1, 50))
    return [value for value in found if value is not None]
