"""Checks that API Gateway makes at AWS, and the emulator does not."""

import json
from collections.abc import Mapping
from typing import Any

from local.evaluator import Access
from local.template import ACCOUNT, REGION
from rehearsal.environment import STACK, Environment


def deployment_is_complete(env: Environment) -> tuple[bool, str]:
    """Return whether the API's deployment has all methods; with False, which one it lacks.

    A deployment is a snapshot of the API when it is made (developer guide, "Deploy REST APIs"). CloudFormation makes it
    after the methods that its DependsOn names. The emulator serves the API as it stands.
    """
    template = env.account.client("cloudformation").get_template(StackName=STACK)["TemplateBody"]["Resources"]
    deployments = [each for each in template.values() if each["Type"] == "AWS::ApiGateway::Deployment"]
    methods = [name for name, each in template.items() if each["Type"] == "AWS::ApiGateway::Method"]
    (waits_for,) = [each.get("DependsOn", []) for each in deployments]
    for name in methods:
        if name not in waits_for:
            return False, f"403 Missing Authentication Token (the API's deployment may be made before {name})"
    return bool(methods), "the API has no methods"


def functions_are_invocable(env: Environment) -> tuple[bool, str]:
    """Return whether API Gateway may invoke the function of every route; with False, which route it may not.

    API Gateway asks the function's resource policy, with the route's ARN as `aws:SourceArn` (API Gateway developer
    guide, "How API Gateway resource policies affect authorization", and Lambda's on resource-based policies).
    """
    client = env.account.client("apigateway")
    api, name = env.api
    for resource in client.get_resources(restApiId=api, limit=500)["items"]:
        for method in resource.get("resourceMethods", {}):
            uri = client.get_integration(restApiId=api, resourceId=resource["id"], httpMethod=method)["uri"]
            function = uri.partition("/functions/")[2].removesuffix("/invocations")
            path = resource["path"].replace("{", "").replace("}", "")
            access = Access(
                action="lambda:InvokeFunction",
                resource=function,
                account=ACCOUNT,
                principal="apigateway.amazonaws.com",
                context={"aws:SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{name}/{method}{path}"},
                resource_policy=_function_policy(env, function),
            )
            if not env.evaluator.allows(access):
                refused = f"API Gateway may not invoke {function.rpartition(':function:')[2]}"
                return False, f"{method} {resource['path']}: 500 Internal server error ({refused})"
    return True, ""


def _function_policy(env: Environment, function: str) -> Mapping[str, Any]:
    client = env.account.client("lambda")
    name, _, qualifier = function.rpartition(":function:")[2].partition(":")
    options = {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}
    try:
        policy: Mapping[str, Any] = json.loads(client.get_policy(**options)["Policy"])
    except client.exceptions.ResourceNotFoundException:
        return {"Version": "2012-10-17", "Statement": []}
    return policy
