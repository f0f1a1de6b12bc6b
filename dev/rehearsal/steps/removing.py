"""Steps at the end: the check of permissions, and the removal of the stack."""

from typing import Any

from rehearsal.environment import STACK, Environment
from rehearsal.operators import check_operators
from rehearsal.permissions import check_permissions
from rehearsal.steps import require

STAYS = {
    "AWS::ApiGateway::Account",
    "AWS::Cognito::UserPool",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
}
"""Types of the resources that stay (docs/operations.md, "Removing it"). The role is API Gateway's, for its account.

The grants table is not one of the stack by then: the restored one does not belong to it.
"""


def permissions(env: Environment) -> str:
    """Compare the permissions of the deployed roles with their use."""
    used, problems = check_permissions(env)
    require(not problems, "\n".join(problems))
    return f"{used} different accesses, all of them allowed; every part of the policies was used"


def operators(env: Environment) -> str:
    """Compare the policy for operators with the calls of `gate`."""
    used, problems = check_operators(env, STACK)
    require(not problems, "\n".join(problems))
    return f"{used} different calls of gate, all allowed by docs/policies/operator.json; no part of it is unused"


def destroy(env: Environment) -> str:
    """Destroy the stack. Logs, grants and the user pool stay; everything that opens a notebook is deleted."""
    client = env.account.client("cloudformation")
    template = client.get_template(StackName=STACK)["TemplateBody"]
    policies = {name: each.get("DeletionPolicy") for name, each in template["Resources"].items()}
    before = client.describe_stack_resources(StackName=STACK)["StackResources"]
    # Lambda deletes the versions with their function, whatever the template says.
    retained = [each for each in before if policies[each["LogicalResourceId"]] == "Retain"]
    kept = [each for each in retained if each["ResourceType"] != "AWS::Lambda::Version"]
    require(
        {each["ResourceType"] for each in kept} == STAYS, f"what stays: {[each['LogicalResourceId'] for each in kept]}"
    )
    foreign = _foreign_policies(env, template["Resources"], [each for each in before if each not in kept])
    require(not foreign, f"IAM would refuse to delete a role with a policy that is not the stack's: {foreign}")
    env.account.cdk("--app", str(env.assembly), "destroy", STACK, "--force", cwd=env.folder)
    (stack,) = client.describe_stacks(StackName=env.stack_id)["Stacks"]
    require(stack["StackStatus"] == "DELETE_COMPLETE", f"the stack is {stack['StackStatus']}")
    for each in kept:
        require(_exists(env, each), f"{each['LogicalResourceId']} is gone")
    answer = env.browser().get(f"{env.base_url}/health")
    require(answer.status_code in (403, 404), f"the API still answers {answer.status_code}")
    for each in before:
        if each not in kept and each["ResourceType"] in _LOOKS:
            require(not _exists(env, each), f"{each['LogicalResourceId']} is still there")
    return f"of {len(before)} resources stay the user pool, {_logs(kept)} log groups, and API Gateway's role"


def _foreign_policies(env: Environment, resources: Any, deleted: list[Any]) -> list[str]:
    """Return the inline policies that the stack's roles have and the template does not. The emulator would not mind."""
    own = {name for each in resources.values() for name in _policy_names(each["Properties"])}
    roles = [each["PhysicalResourceId"] for each in deleted if each["ResourceType"] == "AWS::IAM::Role"]
    return [f"{role}: {name}" for role in roles for name in env.role_policies(role) if name not in own]


def _policy_names(properties: Any) -> list[str]:
    inline: list[Any] = properties.get("Policies", [])
    return [each["PolicyName"] for each in [properties, *inline] if "PolicyName" in each]


def _logs(kept: list[Any]) -> int:
    return len([each for each in kept if each["ResourceType"] == "AWS::Logs::LogGroup"])


_LOOKS = {
    "AWS::DynamoDB::Table": ("dynamodb", "describe_table", "TableName"),
    "AWS::Cognito::UserPool": ("cognito-idp", "describe_user_pool", "UserPoolId"),
    "AWS::IAM::Role": ("iam", "get_role", "RoleName"),
    "AWS::Lambda::Function": ("lambda", "get_function", "FunctionName"),
    "AWS::Logs::LogGroup": ("logs", "list_tags_log_group", "logGroupName"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "get_secret_value", "SecretId"),
}
"""The call that fails if a resource does not exist, by the type of the resource."""


def _exists(env: Environment, resource: Any) -> bool:
    if resource["ResourceType"] not in _LOOKS:
        return True
    service, operation, name = _LOOKS[resource["ResourceType"]]
    client = env.account.client(service)
    try:
        getattr(client, operation)(**{name: resource["PhysicalResourceId"]})
    except client.exceptions.ClientError:
        return False
    return True
