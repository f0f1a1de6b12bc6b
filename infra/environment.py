"""Checks that a function's environment variables fit. Lambda would refuse them in the middle of a deployment."""

import json
from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from infra.settings import Settings
from infra.settings_errors import SettingsError

MAX_BYTES = 4096
"""Bytes of all variables of a function (Lambda quotas, "Environment variables").

Lambda counts one JSON object of names and values: its error quotes that text ("exceeded the 4KB limit. String
measured: …").
"""

_ARN = len("arn:aws-us-gov:secretsmanager:ap-southeast-1:123456789012:")
_HOST = len(".ap-southeast-1.amazonaws.com.cn")
_RANDOM = 20
"""More than CloudFormation adds to a name that it generates from those of the stack and the resource: `-` and 12 or 13
characters."""

_LONGEST: Mapping[str, int] = {
    "AWS::ApiGateway::RestApi.Ref": 16,  # an id of ten characters
    "AWS::Cognito::UserPool.ProviderURL": len("https://cognito-idp/") + _HOST + 55,  # API reference of UserPoolType
    "AWS::Cognito::UserPoolClient.Ref": 128,  # API reference of UserPoolClientType
    "AWS::EC2::EIP.Ref": len("255.255.255.255"),
    "AWS::IAM::Role.Arn": _ARN + len("role/") + 64,  # IAM quotas
    "AWS::Lambda::Alias.Ref": _ARN + len("function:") + 64 + len(":operators"),  # API reference of CreateFunction
    "AWS::Region": len("ap-southeast-1"),
    "AWS::URLSuffix": len("amazonaws.com.cn"),
}
"""The longest values that are known only after the deployment, by type and attribute."""

_LONGEST_ENTRY: Mapping[str, int] = {
    "GATE_EGRESS": len("255.255.255.255/32"),
    "GATE_SUBNET_CIDRS": len("255.255.255.255/32"),
    "GATE_VPC_ENDPOINTS": len("vpce-0123456789abcdef0"),
    "GATE_PRIVATE_ENDPOINTS": len("vpce-0123456789abcdef0"),
}
"""The longest value of a token in a setting, by the variable."""

_LONGEST_ARN = _ARN + len("secret:") + 512 + len("-AbCdEf")
"""The same for every other setting: the ARN of a secret with the longest name (API reference of CreateSecret)."""

_LONGEST_AROUND_NAME: Mapping[str, int] = {
    "AWS::DynamoDB::Table.Ref": 0,
    "AWS::SecretsManager::Secret.Ref": _ARN + len("secret:") + len("-AbCdEf"),
}
"""The longest text around a name that CloudFormation generates, by type and attribute."""


def check_size(function: Construct, environment: Mapping[str, str], settings: Settings) -> None:
    """Check that Lambda accepts `environment` for `function`. Raises `SettingsError` that names the longest settings.

    A value that is known only after the deployment counts as the longest value of its kind.
    """
    stack = cdk.Stack.of(function)
    longest = {name: _longest(stack, name, value) for name, value in environment.items()}
    total = _size(longest)
    if total <= MAX_BYTES:
        return
    held = [(_size(longest.get(variable.name, "")), name, variable) for name, variable, _ in settings.variables()]
    most = sorted(held, key=lambda each: each[0], reverse=True)[:3]
    advice = "; ".join(f"{name} takes {size:,} ({variable.shorten})" for size, name, variable in most)
    raise SettingsError(
        f"gate.toml: the settings have {total:,} bytes in the function's environment, and Lambda allows "
        f"{MAX_BYTES:,}: {advice}"
    )


def _size(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":")))


def _longest(stack: cdk.Stack, name: str, value: str) -> str:
    """Return a text as long as the longest `value` of the variable `name`."""
    for token in cdk.Tokenization.reverse_string(value).tokens:
        length = _length(stack, token) or _LONGEST_ENTRY.get(name, _LONGEST_ARN)
        value = value.replace(cdk.Token.as_string(token), "x" * length)
    return value


def _length(stack: cdk.Stack, token: cdk.IResolvable) -> int | None:
    """Return the greatest length of the value of `token`; None for a kind that is in neither table."""
    if not isinstance(token, cdk.Reference):
        resolved = stack.resolve(token)
        return _LONGEST.get(resolved.get("Ref", "")) if isinstance(resolved, dict) else None
    resource = token.target
    if not isinstance(resource, cdk.CfnResource):
        return None
    kind = f"{resource.cfn_resource_type}.{token.display_name}"
    if kind in _LONGEST or kind not in _LONGEST_AROUND_NAME:
        return _LONGEST.get(kind)
    return _LONGEST_AROUND_NAME[kind] + len(f"{stack.stack_name}-{stack.resolve(resource.logical_id)}") + _RANDOM
