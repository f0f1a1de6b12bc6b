"""The calls by which operators inspect a deployment: its stack, function, policies and egress address."""

import datetime
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.iam.models import iam_backends

from local.aws.calls import ApiError, Call
from local.aws.sessions import Identity
from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, EGRESS

STACK = "local"
OPERATOR = f"arn:aws:iam::{ACCOUNT}:user/operator"
MAX_INLINE_POLICIES = 10_240
"""Characters of all inline policies of a role together, without white space (IAM quotas)."""


class Control:
    """Answers the calls that moto does not support, or answers too simply."""

    def __init__(
        self,
        template: ResolvedTemplate,
        evaluator: Evaluator,
        environment: Callable[[], Mapping[str, str]],
        *,
        operator_key: str,
    ) -> None:
        """`environment`: returns the function's environment variables. `operator_key`: the operator's access key."""
        self._operator_key = operator_key
        self._template = template
        self._evaluator = evaluator
        self._environment = environment

    def answer(self, call: Call, _identity: Identity | None) -> dict[str, Any] | None:
        """Return the answer to `call`, or None for all others, which moto answers. Raises `ApiError`."""
        parameters = call.parameters
        match call.service, call.operation:
            case "cloudformation", "DescribeStacks":
                _require_stack(parameters)
                outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self._template.outputs.items()]
                stack = {"StackName": STACK, "StackStatus": "UPDATE_COMPLETE", "Outputs": outputs}
                return {"Stacks": [{**stack, "CreationTime": datetime.datetime(2026, 11, 23, 8, tzinfo=datetime.UTC)}]}
            case "cloudformation", "GetTemplate":
                _require_stack(parameters)
                return {"TemplateBody": json.dumps({"Metadata": self._template.metadata})}
            case "lambda", "GetFunctionConfiguration":
                variables = dict(self._environment())
                in_vpc = {"VpcId": "vpc-0local", "SubnetIds": ["subnet-0local"]}
                return {
                    "FunctionName": parameters["FunctionName"],
                    "State": "Active",
                    "Runtime": "python3.13",
                    "Environment": {"Variables": variables},
                    "LoggingConfig": {"LogFormat": "Text", "LogGroup": self._template.function.log_group},
                    "VpcConfig": {} if "GATE_WITHOUT_VPC" in variables else in_vpc,
                }
            case "lambda", "GetAccountSettings":
                return {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}}
            case "lambda", "ListAliases":
                return {"Aliases": [{"Name": "live", "FunctionVersion": "2"}]}
            case "lambda", "ListVersionsByFunction":
                return {"Versions": [{"Version": version} for version in ("$LATEST", "1", "2")]}
            case "sts", "GetCallerIdentity" if call.access_key == self._operator_key:
                return {"Arn": OPERATOR, "UserId": "AIDALOCALOPERATOR", "Account": ACCOUNT}
            case "ec2", "DescribeNatGateways":
                address = {"PublicIp": EGRESS}
                return {"NatGateways": [{"State": "available", "NatGatewayAddresses": [address]}]}
            case "ec2", "DescribeVpcEndpoints":
                return {"VpcEndpoints": []}
            case "apigateway", "GetAccount":
                return {"cloudwatchRoleArn": self._template.outputs["ApiLoggingRoleArn"]}
            case "iam", "SimulatePrincipalPolicy":
                return self._simulated(parameters, _policies_of(parameters["PolicySourceArn"]))
            case "iam", "SimulateCustomPolicy":
                return self._simulated(parameters, [json.loads(text) for text in parameters["PolicyInputList"]])
            case "iam", "PutRolePolicy":
                role = iam_backends[ACCOUNT]["aws"].get_role(parameters["RoleName"])
                policies = {**role.policies, parameters["PolicyName"]: parameters["PolicyDocument"]}
                if sum(len("".join(text.split())) for text in policies.values()) > MAX_INLINE_POLICIES:
                    raise ApiError(
                        "LimitExceeded", f"Maximum policy size of {MAX_INLINE_POLICIES} bytes exceeded for role", 409
                    )
        return None

    def _simulated(self, parameters: Mapping[str, Any], policies: list[Any]) -> dict[str, Any]:
        context = {each["ContextKeyName"]: each["ContextKeyValues"][0] for each in parameters["ContextEntries"]}
        (action,), (resource,) = parameters["ActionNames"], parameters["ResourceArns"]
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


def _policies_of(role_arn: str) -> list[Any]:
    """Return the inline and the managed policies of a role. Raises `ApiError`."""
    role = next((role for role in iam_backends[ACCOUNT]["aws"].roles.values() if role.arn == role_arn), None)
    if role is None:
        raise ApiError("NoSuchEntity", f"Role with ARN {role_arn} does not exist.", 404)
    return [json.loads(text) for text in (*role.policies.values(), *_managed(role))]


def _managed(role: Any) -> Iterator[str]:
    """Yield the documents of the managed policies of `role`."""
    for policy in role.managed_policies.values():
        yield from (version.document for version in policy.versions if version.is_default)


def _require_stack(parameters: Mapping[str, Any]) -> None:
    if parameters["StackName"] != STACK:
        raise ApiError("ValidationError", f"Stack with id {parameters['StackName']} does not exist")
