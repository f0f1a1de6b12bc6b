"""Compares the permissions of the deployed roles with their use, by the project's policy evaluator."""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.aws.calls import Call
from local.aws.permissions import permissions_of
from local.evaluator import Access, Evaluator
from local.template import ACCOUNT, REGION
from rehearsal.omitted import EMULATOR_ONLY, invoked

if TYPE_CHECKING:
    from rehearsal.environment import Environment

Policy = Mapping[str, Any]
Numbered = tuple[int, Call]
"""A call of the function, with its place among all exchanges."""
Variant = tuple[str, Sequence[Policy]]
"""A description of the part that is removed from a role's policies, and the policies without it."""

LISTS = ("Action", "Resource")

NOT_REHEARSED = "slack:*"
"""The grants of people who are known by their Slack user alone. Everybody in the rehearsal has an e-mail address."""


def function_accesses(env: "Environment", name: str, calls: Sequence[Numbered]) -> list[Access]:
    """Return the different accesses with the role of a function, by the function and by the Lambda service.

    `name`: one of `Environment.functions`.
    """
    function = env.functions[name]
    session = _session(function)
    alias = env.outputs["FunctionName"].rpartition(":")[2]
    names = _names_by_key(env, calls)
    # The keys of the launch role's sessions: their calls are the authority's to record.
    others = {key for key in {call.access_key for _, call in calls} if env.authority.identity(key)}
    found = {}
    for number, call in calls:
        if number < env.upgraded or names.get(call.access_key, "the function") != name:
            continue
        if call.access_key in others:
            continue
        for action, named, context in permissions_of(call):
            resource = invoked(named, alias) if action == "lambda:InvokeFunction" else named
            found[json.dumps([action, resource, context], sort_keys=True)] = Access(
                action=action,
                resource=resource,
                account=ACCOUNT,
                principal=session,
                context={**call.source.context, **context},
                resource_policy=_trust(env, resource) if action.startswith("sts:") else None,
            )
    return [*found.values(), *lambda_service_accesses(function)]


def _names_by_key(env: "Environment", calls: Sequence[Numbered]) -> dict[str, str]:
    """Return which function has an access key: the emulator gives each version and alias a key of its own."""
    secret, found = env.outputs["DecisionSecret"], {}
    for _, call in calls:
        if call.service == "iam":
            found[call.access_key] = "the denies function"
        # Only the requests function writes in transactions, or reads the key that proves who decides.
        elif call.operation == "TransactWriteItems" or call.parameters.get("SecretId") == secret:
            found[call.access_key] = "the requests function"
    return found


def _trust(env: "Environment", role: str) -> Policy:
    described = env.account.client("iam").get_role(RoleName=role.rpartition("/")[2])["Role"]
    trust: Policy = described["AssumeRolePolicyDocument"]
    return trust


def _session(function: Mapping[str, Any]) -> str:
    role = function["Role"].rpartition("/")[2]
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{function['FunctionName']}"


def denied_to_lambda(env: "Environment") -> list[str]:
    """Return a description of each call that the Lambda service needs and a function's role does not allow."""
    denied = []
    for function in env.functions.values():
        role = [_for_aws(policy) for policy in env.authority.policies(function["Role"])]
        wanted = [replace(access, identity_policies=role) for access in lambda_service_accesses(function)]
        denied += [f"{each.action} on {each.resource}" for each in wanted if not env.evaluator.allows(each)]
    return denied


def lambda_service_accesses(function: Mapping[str, Any]) -> list[Access]:
    """Return the calls of the Lambda service with the role of `function`.

    Source: Lambda developer guide, "Defining Lambda function permissions with an execution role" and "Giving Lambda
    functions access to resources in a VPC".
    """
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{function['LoggingConfig']['LogGroup']}"
    interfaces = ("CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets")
    addresses = ("AssignPrivateIpAddresses", "UnassignPrivateIpAddresses")
    wanted = [(f"logs:{name}", f"{group}:log-stream:one") for name in ("CreateLogStream", "PutLogEvents")]
    here = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
    wanted += [(f"ec2:{name}", "*" if "Describe" in name else f"{here}:network-interface/eni-1") for name in interfaces]
    wanted += [(f"ec2:{name}", f"{here}:network-interface/eni-1") for name in addresses]
    session = _session(function)
    return [Access(action=action, resource=on, account=ACCOUNT, principal=session) for action, on in wanted]


def unused_parts(evaluator: Evaluator, policies: Sequence[Policy], accesses: Sequence[Access]) -> list[str]:
    """Return a description of each part of `policies` whose removal changes the result of none of `accesses`."""

    def outcomes(policies: Sequence[Policy]) -> Iterator[bool]:
        return (evaluator.allows(replace(access, identity_policies=policies)) for access in accesses)

    whole = list(outcomes(policies))
    found = []
    for words, variant in _variants(policies):
        if all(before is after for before, after in zip(whole, outcomes(variant), strict=True)):
            found.append(words)
    return found


def check_permissions(env: "Environment") -> tuple[int, list[str]]:
    """Return the number of different accesses, and a description of each denied call and each unused permission."""
    problems = [
        f"the function was denied: {exchange.answer[:300].decode(errors='replace')}"
        for exchange in env.calls
        if exchange.status >= 400 and b"AccessDenied" in exchange.answer
    ]
    problems += [f"the function called {host}, which is not simulated" for host in env.router.unknown_hosts]
    number = 0
    calls = [(place, call) for place, each in enumerate(env.calls) if (call := each.call()) is not None]
    for name in env.functions:
        found, of_function = _check_function(env, name, calls)
        number, problems = number + found, problems + of_function
    # A session policy denies the same requests as the Deny of the role, and would hide that the Deny is used.
    sessions = [replace(access, session_policy=None) for access, _ in env.authority.accesses]
    asked = list({json.dumps(access.question(), sort_keys=True): access for access in sessions}.values())
    launch = [env.launch_policy]
    problems += [f"unused by the launch role: {words}" for words in unused_parts(env.evaluator, launch, asked)]
    return number + len(asked), problems


def _check_function(env: "Environment", name: str, calls: Sequence[Numbered]) -> tuple[int, list[str]]:
    role = [_for_aws(policy) for policy in env.authority.policies(env.functions[name]["Role"])]
    own = [replace(access, identity_policies=role) for access in function_accesses(env, name, calls)]
    refused = [access for access in own if not env.evaluator.allows(access)]
    problems = [f"{name} may not {access.action} on {access.resource}" for access in refused]
    # In the same account the trust policy suffices, since it names the role. In other accounts it does not.
    alone = [replace(access, resource_policy=None) for access in own]
    unused = [words for words in unused_parts(env.evaluator, role, alone) if not words.endswith(NOT_REHEARSED)]
    return len(own), [*problems, *(f"unused by {name}: {words}" for words in unused)]


def _variants(policies: Sequence[Policy]) -> Iterator[Variant]:
    for number, policy in enumerate(policies):
        for position, statement in enumerate(policy["Statement"]):
            for path, values in _lists(statement):
                for value in values:
                    changed = copy.deepcopy(list(policies))
                    if len(values) > 1:
                        _at(changed[number]["Statement"][position], path).remove(value)
                    else:
                        del changed[number]["Statement"][position]
                    yield f"{statement['Effect']} {statement['Action']}: {'.'.join(path)} {value}", changed


def _for_aws(policy: Policy) -> Policy:
    """Return `policy` without what the emulator alone needs."""
    kept = [each for each in policy["Statement"] if each.get("Sid") != EMULATOR_ONLY]
    return {**policy, "Statement": kept}


def _lists(statement: Policy) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """Yield where a statement names several things; once at least for every statement."""
    for name in LISTS:
        value = statement[name]
        if name == "Action" or isinstance(value, list):
            yield (name,), value if isinstance(value, list) else [value]
    for operator, keys in statement.get("Condition", {}).items():
        for key, value in keys.items():
            if isinstance(value, list) and len(value) > 1:
                yield ("Condition", operator, key), value


def _at(statement: Any, path: Sequence[str]) -> Any:
    for name in path:
        statement = statement[name]
    return statement
