"""Faults to deploy on purpose (`make rehearse BREAK=NAME`). Each fails at the step at which a team would see it."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from local.template import Template
from rehearsal.omitted import of_type


@dataclass(frozen=True)
class Breakage:
    """One fault."""

    what: str
    template: Callable[[Template], None] = lambda _template: None
    bundle: Callable[[Path], None] = lambda _folder: None
    settings: Mapping[str, Any] = MappingProxyType({})
    """Arguments of `Environment.write_settings` that replace those of every step."""


def _alias_permission(template: Template) -> None:
    for name in [name for name, _ in of_type(template, "AWS::Lambda::Permission")]:
        del template["Resources"][name]


def _bundle_module(folder: Path) -> None:
    shutil.rmtree(folder / "jwt")


def _table_key(template: Template) -> None:
    ((_, table),) = of_type(template, "AWS::DynamoDB::Table")
    table["KeySchema"] = table["KeySchema"][:1]
    table["AttributeDefinitions"] = table["AttributeDefinitions"][:1]


def _log_grant(template: Template) -> None:
    for _, policy in of_type(template, "AWS::IAM::Policy"):
        statements = policy["PolicyDocument"]["Statement"]
        statements[:] = [each for each in statements if "logs:PutLogEvents" not in each["Action"]]


def _slack_invocation(template: Template) -> None:
    for name, policy in list(of_type(template, "AWS::IAM::Policy")):
        if "lambda:InvokeFunction" in [each["Action"] for each in policy["PolicyDocument"]["Statement"]]:
            del template["Resources"][name]


def _studio_start(template: Template) -> None:
    for _, role in of_type(template, "AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                if "sagemaker:CreateApp" in statement["Action"]:
                    statement["Action"].remove("sagemaker:CreateApp")


def _api_deployment(template: Template) -> None:
    methods = [name for name, _ in of_type(template, "AWS::ApiGateway::Method")]
    for name, _ in of_type(template, "AWS::ApiGateway::Deployment"):
        resource = template["Resources"][name]
        resource["DependsOn"] = [each for each in resource["DependsOn"] if each not in methods]


BREAKAGES = {
    "alias-permission": Breakage("API Gateway may not invoke the alias", template=_alias_permission),
    "bundle-module": Breakage("the bundle lacks the module jwt", bundle=_bundle_module),
    "table-key": Breakage("the table has no sort key", template=_table_key),
    "log-grant": Breakage("the function may not write its log", template=_log_grant),
    "slack-invocation": Breakage("the function may not invoke itself", template=_slack_invocation),
    "studio-start": Breakage("the launch role may not start an application of Studio", template=_studio_start),
    "one-step-move": Breakage(
        "the launch role allows one egress address at a time", settings={"additional_egress": ()}
    ),
    "api-deployment": Breakage("the API's deployment is made before its methods", template=_api_deployment),
}
