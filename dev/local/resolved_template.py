"""The parts of a template that a local deployment uses: routes, policies, roles, table and environment.

All of them are read from the synthesised template, so that there is no second copy.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.template import ACCOUNT, API_ID, REGION, Resolver, Template


@dataclass(frozen=True)
class Route:
    """One method on one resource of the API."""

    method: str
    path: str
    """The path in the API, with `{parameters}`."""
    signed: bool
    """Whether requests must be signed (SigV4)."""
    function_arn: str = ""
    """The ARN of the function that answers, with its alias."""


@dataclass(frozen=True)
class GatewayResponse:
    """An answer that API Gateway gives without calling the function."""

    status: int | None
    headers: Mapping[str, str]
    templates: Mapping[str, str]


@dataclass(frozen=True)
class DeployedFunction:
    """One of the functions: it opens notebooks, takes access requests, or writes denies."""

    environment: Mapping[str, str]
    """The environment variables, with AWS's addresses."""
    role: "Role"
    aliases: Mapping[str, str]
    """The ARN of each alias, by its name."""
    log_group: str
    """The name of its log group."""

    @property
    def arn(self) -> str:
        """The ARN that API Gateway invokes."""
        return self.aliases["live"]

    @property
    def name(self) -> str:
        """The ARN without an alias."""
        return self.arn.rpartition(":")[0]


@dataclass(frozen=True)
class Role:
    """An IAM role with its trust policy and its permissions policies."""

    arn: str
    trust: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...]
    boundary: Mapping[str, Any] | None = None
    """The permissions boundary, if there is one in the template."""

    def session(self, name: str) -> str:
        """Return the ARN of a session of this role."""
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.arn.rsplit('/', 1)[-1]}/{name}"


class ResolvedTemplate:
    """A template whose references are replaced by the values of this machine."""

    def __init__(self, template: Template) -> None:
        """Raises `UnknownReferenceError` when the template has an unsupported reference."""
        self._resources: dict[str, Any] = template["Resources"]
        self._outputs = template["Outputs"]
        self.metadata: Mapping[str, Any] = template["Metadata"]
        self._resolver = Resolver(template)

    @property
    def stage(self) -> str:
        """The name of the API's stage."""
        ((_, stage),) = self._of_type("AWS::ApiGateway::Stage")
        return str(stage["StageName"])

    @property
    def api_policy(self) -> dict[str, Any]:
        """The API's resource policy, with `execute-api:/` expanded as API Gateway does it."""
        ((_, api),) = self._of_type("AWS::ApiGateway::RestApi")
        policy: dict[str, Any] = self._resolver.resolve(api["Policy"])
        for statement in policy["Statement"]:
            for element in ("Resource", "NotResource"):
                if element in statement:
                    statement[element] = _expanded(statement[element])
        return policy

    @property
    def routes(self) -> list[Route]:
        """All routes of the API. Other requests do not reach the function."""
        paths = {"root": ""}
        resources = {
            name: self._resolver.resolve(resource) for name, resource in self._of_type("AWS::ApiGateway::Resource")
        }
        while len(paths) <= len(resources):
            for name, resource in resources.items():
                if resource["ParentId"] in paths:
                    paths[name] = f"{paths[resource['ParentId']]}/{resource['PathPart']}"
        wanted = ("HttpMethod", "ResourceId", "AuthorizationType", "Integration")
        methods = [
            self._resolver.resolve({name: method[name] for name in wanted})
            for _, method in self._of_type("AWS::ApiGateway::Method")
        ]
        return [
            Route(
                method["HttpMethod"],
                paths[method["ResourceId"]] or "/",
                method["AuthorizationType"] == "AWS_IAM",
                method["Integration"]["Uri"].partition("/functions/")[2].removesuffix("/invocations"),
            )
            for method in methods
        ]

    @property
    def scheduled_events(self) -> list[tuple[str, dict[str, Any]]]:
        """The events that EventBridge sends on a schedule, each with the ARN of the function and its alias."""
        return [
            (self._resolver.resolve(target["Arn"]), json.loads(target["Input"]))
            for _, rule in self._of_type("AWS::Events::Rule")
            for target in rule["Targets"]
        ]

    @property
    def gateway_responses(self) -> dict[str, GatewayResponse]:
        """The gateway responses by type (`ACCESS_DENIED`, …)."""
        return {
            response["ResponseType"]: GatewayResponse(
                int(response["StatusCode"]) if "StatusCode" in response else None,
                {
                    name.removeprefix("gatewayresponse.header."): value[1:-1]
                    for name, value in response["ResponseParameters"].items()
                },
                response["ResponseTemplates"],
            )
            for _, response in self._of_type("AWS::ApiGateway::GatewayResponse")
        }

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack."""
        return {name: str(self._resolver.resolve(output["Value"])) for name, output in self._outputs.items()}

    @cached_property
    def function(self) -> DeployedFunction:
        """The function that opens notebooks."""
        others = (self.requests_function, self.denies_function)
        return next(each for each in self._functions if each not in others)

    @cached_property
    def requests_function(self) -> DeployedFunction | None:
        """The function that takes access requests, if there is one."""
        return next((each for each in self._functions if "GATE_DECISION_SECRET_ARN" in each.environment), None)

    @cached_property
    def denies_function(self) -> DeployedFunction | None:
        """The function that cuts off open notebooks, if there is one."""
        requests = self.requests_function
        arn = requests.environment["GATE_DENIES_FUNCTION_ARN"] if requests else ""
        return next((each for each in self._functions if arn in each.aliases.values()), None)

    @cached_property
    def functions(self) -> list[DeployedFunction]:
        """All functions. The first opens notebooks."""
        return [each for each in (self.function, self.requests_function, self.denies_function) if each]

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables of the function that opens notebooks, with AWS's addresses."""
        return self.function.environment

    @property
    def launch_role(self) -> Role:
        """The launch role."""
        return self._role(self._outputs["LaunchRoleArn"]["Value"]["Fn::GetAtt"][0])

    @property
    def table(self) -> dict[str, Any]:
        """The grants table, as parameters of CreateTable."""
        ((name, table),) = self._of_type("AWS::DynamoDB::Table")
        wanted = (
            "KeySchema",
            "AttributeDefinitions",
            "BillingMode",
            "GlobalSecondaryIndexes",
            "DeletionProtectionEnabled",
        )
        return {"TableName": name, **{key: table[key] for key in wanted if key in table}}

    @cached_property
    def _functions(self) -> list[DeployedFunction]:
        found = []
        for name, function in self._of_type("AWS::Lambda::Function"):
            variables = function.get("Environment", {}).get("Variables", {})
            if "GATE_TABLE" not in variables:
                continue  # one of CDK's own
            aliases = {
                alias["Name"]: str(self._resolver.resolve({"Ref": reference}))
                for reference, alias in self._of_type("AWS::Lambda::Alias")
                if alias["FunctionName"] == {"Ref": name}
            }
            role = self._role(function["Role"]["Fn::GetAtt"][0])
            group = function["LoggingConfig"]["LogGroup"]["Ref"]
            found.append(DeployedFunction(self._resolver.resolve(variables), role, aliases, group))
        return found

    def _role(self, name: str) -> Role:
        role = self._resources[name]["Properties"]
        attached = [
            policy for _, policy in self._of_type("AWS::IAM::Policy") if {"Ref": name} in policy.get("Roles", [])
        ]
        documents = [policy["PolicyDocument"] for policy in [*role.get("Policies", []), *attached]]
        return Role(
            self._resolver.resolve({"Fn::GetAtt": [name, "Arn"]}),
            self._resolver.resolve(role["AssumeRolePolicyDocument"]),
            tuple(self._resolver.resolve(document) for document in documents),
            self._boundary(role),
        )

    def _boundary(self, role: Mapping[str, Any]) -> Mapping[str, Any] | None:
        reference = role.get("PermissionsBoundary")
        if not isinstance(reference, dict):
            return None
        document: Mapping[str, Any] = self._resources[reference["Ref"]]["Properties"]["PolicyDocument"]
        resolved: Mapping[str, Any] = self._resolver.resolve(document)
        return resolved

    def _of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, resource in self._resources.items():
            if resource["Type"] == kind:
                yield name, resource["Properties"]


def _expanded(resources: str | list[str]) -> list[str]:
    listed = [resources] if isinstance(resources, str) else resources
    own = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API_ID}/"
    return [resource.replace("execute-api:/", own, 1) for resource in listed]
