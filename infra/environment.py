"""Checks that a function's environment variables fit. Lambda would refuse them in the middle of a deployment."""

import json
from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from infra.settings import Settings, SettingsError

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
    longest = {name: _longest(stack, value) for name, value in environment.items()}
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


def _longest(stack: cdk.Stack, value: str) -> str:
    for token in cdk.Tokenization.reverse_string(value).tokens:
        value = value.replace(cdk.Token.as_string(token), "x" * _length(stack, token))
    return value


def _length(stack: cdk.Stack, token: cdk.IResolvable) -> int:
    """Raises `KeyError` for a kind of value that is in neither table."""
    if not isinstance(token, cdk.Reference):
        return _LONGEST[stack.resolve(token)["Ref"]]
    resource = token.target
    assert isinstance(resource, cdk.CfnResource)
    kind = f"{resource.cfn_resource_type}.{token.display_name}"
    if kind in _LONGEST:
        return _LONGEST[kind]
    return _LONGEST_AROUND_NAME[kind] + len(f"{stack.stack_name}-{stack.resolve(resource.logical_id)}") + _RANDOM
