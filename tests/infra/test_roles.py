"""The policies of the launch role and of the function's role in the template."""

from typing import Any

import pytest

from gate.launch.kinds import studio as studio_kind
from gate.launch.kinds.notebook_instance import DESCRIBE, OPEN, START, STOP
from local.aws.notebook_instances import notebook_arn
from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, EGRESS, REGION, Template
from tests.infra.examples import ENDPOINT, NETWORK, SIGN_IN_ISSUER, properties
from tests.infra.policies import allowed_by, of_keys

STUDIO_POWER = (studio_kind.START, studio_kind.STOP)


NOTHING = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": "1970-01-01T00:00:00Z"}},
        }
    ],
}
"""The policy that `gate revoke` overwrites. If it changes, the next deployment erases the denies in force."""


def test_the_policy_of_gate_revoke_belongs_to_the_stack_and_never_changes(
    template: Template, full_template: Template
) -> None:
    for each in (template, full_template):
        policies = properties(each, "AWS::IAM::Policy")
        # Another logical id or name would be another policy, whose creation erases the denies, too.
        policy = policies["LaunchRevocations25487E4D"]
        assert (policy["PolicyName"], policy["PolicyDocument"]) == ("notebook-gate-revocations", NOTHING)


def test_the_launch_roles_policy(resolved: ResolvedTemplate, full_resolved: ResolvedTemplate) -> None:
    def policy(
        addresses: list[str], endpoints: list[str], resource: str | list[str], studio: list[str]
    ) -> dict[str, Any]:
        in_studio = {"Effect": "Allow", "Action": [studio_kind.OPEN, *studio_kind.DESCRIBE, *STUDIO_POWER]}
        condition: dict[str, Any] = {"NotIpAddress": {"aws:SourceIp": addresses}}
        if endpoints:
            condition["StringNotEquals"] = {"aws:SourceVpce": endpoints}
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": [
                        OPEN,
                        DESCRIBE,
                        START,
                        STOP,
                    ],
                    "Resource": resource,
                },
                *([{**in_studio, "Resource": studio}] if studio else []),
                {
                    "Effect": "Deny",
                    "Action": [OPEN, studio_kind.OPEN] if studio else OPEN,
                    "Resource": "*",
                    "Condition": condition,
                },
            ],
        }

    one = policy([NETWORK, f"{EGRESS}/32"], [], notebook_arn("*", REGION), [])
    assert list(resolved.launch_role.policies) == [one, NOTHING]
    addresses = [NETWORK, "2001:db8::/32", "192.0.2.10/32", "192.0.2.11/32"]
    notebooks = [notebook_arn("*", region) for region in (REGION, "eu-central-1", "us-east-1")]
    # Exactly the domains of the settings, each in its region.
    domains = [
        f"arn:aws:sagemaker:{region}:{ACCOUNT}:{kind}/{domain}/*"
        for region, domain in ((REGION, "d-abc123"), ("us-east-1", "d-def456"))
        for kind in ("user-profile", "space", "app")
    ]
    assert list(full_resolved.launch_role.policies) == [policy(addresses, [ENDPOINT], notebooks, domains), NOTHING]


def test_only_the_functions_role_may_assume_the_launch_role(resolved: ResolvedTemplate) -> None:
    function = {"AWS": resolved.function.role.arn}
    assert resolved.launch_role.trust["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": function},
        {"Effect": "Allow", "Action": "sts:SetSourceIdentity", "Principal": function},
    ]


def _table_arn(resolved: ResolvedTemplate) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{resolved.environment['GATE_TABLE']}"


def test_the_functions_role_has_these_permissions_and_no_others(resolved: ResolvedTemplate) -> None:
    environment, allowed = resolved.environment, allowed_by(resolved.function.role)
    networking = {action: allowed.pop(action) for action in list(allowed) if action.startswith("ec2:")}
    # For the Lambda service alone: calls from the function's code have this key.
    assert all(what == [("*", {"Null": {"lambda:SourceFunctionArn": "true"}})] for what in networking.values())
    table = _table_arn(resolved)
    logs = allowed.pop("logs:PutLogEvents")
    assert allowed.pop("logs:CreateLogStream") == logs
    assert [":log-group:FunctionLogs" in resource for resource, _ in logs] == [True]
    assert allowed == {
        "sts:AssumeRole": [(environment["GATE_LAUNCH_ROLE_ARN"], None)],
        "sts:SetSourceIdentity": [(environment["GATE_LAUNCH_ROLE_ARN"], None)],
        "dynamodb:PartiQLSelect": [(table, {"Bool": {"dynamodb:FullTableScan": "false"}})],
        "dynamodb:BatchGetItem": [(table, None)],
        # Cutoffs of users who sign out everywhere. The cutoff of all users, `cutoff:*`, matches none of these keys.
        "dynamodb:PutItem": [(table, of_keys("queue:*")), (table, of_keys("cutoff:user:*"))],
        "dynamodb:UpdateItem": [(table, of_keys("queue:*")), (table, of_keys("report:*"))],
        "secretsmanager:GetSecretValue": [(environment["GATE_SESSION_SECRET_ARN"], None)],
    }


def test_slack_adds_replay_claims_and_self_invocation(
    resolved: ResolvedTemplate, full_resolved: ResolvedTemplate
) -> None:
    environment, allowed = full_resolved.environment, allowed_by(full_resolved.function.role)
    # The requests function signs people in, so the client secret is its own.
    assert allowed["secretsmanager:GetSecretValue"] == [
        (environment["GATE_SESSION_SECRET_ARN"], None),
        (environment["GATE_SLACK_SECRET_ARN"], None),
    ]
    assert allowed.keys() - allowed_by(resolved.function.role).keys() == {"lambda:InvokeFunction"}
    table = _table_arn(full_resolved)
    assert allowed["dynamodb:PutItem"] == [
        (table, of_keys("queue:*", "replay:*")),
        (table, of_keys("cutoff:user:*")),
    ]
    requests_function = full_resolved.requests_function
    assert requests_function is not None
    # Not the alias `live`, which believes that an event is API Gateway's, and not that of operators.
    invoked = [(full_resolved.function.arn, None), (requests_function.aliases["slack"], None)]
    assert sorted(allowed["lambda:InvokeFunction"]) == sorted(invoked)


def test_the_requests_functions_role_has_these_permissions_and_no_others(full_resolved: ResolvedTemplate) -> None:
    function = full_resolved.requests_function
    assert function is not None
    allowed, table = allowed_by(function.role), _table_arn(full_resolved)
    for action in [action for action in allowed if action.startswith(("ec2:", "logs:"))]:
        del allowed[action]
    attributes = ["principal", "notebook", "power", "until", "request_id", "granted_by", "reason"]
    grants = of_keys("user:*", "slack:*")
    grants["ForAllValues:StringEquals"] = {"dynamodb:Attributes": attributes}
    grants["Null"]["dynamodb:Attributes"] = "false"
    assert allowed == {
        "dynamodb:PartiQLSelect": [(table, {"Bool": {"dynamodb:FullTableScan": "false"}})],
        "dynamodb:BatchGetItem": [(table, None)],
        "dynamodb:PutItem": [
            (table, of_keys("request:*")),
            (table, of_keys("ended:")),
            (table, of_keys("replay:*")),
            (table, grants),
        ],
        "dynamodb:UpdateItem": [(table, of_keys("request:*")), (table, of_keys("report:*"))],
        "dynamodb:DeleteItem": [(table, of_keys("request:open", "request:allowed"))],
        "dynamodb:Query": [(f"{table}/index/by-notebook", None)],
        "secretsmanager:GetSecretValue": [
            (full_resolved.environment["GATE_SESSION_SECRET_ARN"], None),
            (full_resolved.environment["GATE_SLACK_SECRET_ARN"], None),
            (SIGN_IN_ISSUER["client_secret_arn"], None),
            (function.environment["GATE_DECISION_SECRET_ARN"], None),
        ],
        "sns:Publish": [("arn:aws:sns:eu-west-1:123456789012:requests", None)],
        "lambda:InvokeFunction": [(function.environment["GATE_DENIES_FUNCTION_ARN"], None)],
    }
    assert set(function.aliases) == {"live", "operators", "slack"}
    assert "GATE_DECISION_SECRET_ARN" not in full_resolved.environment


@pytest.mark.parametrize(
    ("action", "name", "allowed"),
    [
        ("secretsmanager:GetSecretValue", "GATE_SESSION_SECRET_ARN", True),
        ("secretsmanager:GetSecretValue", "GATE_DECISION_SECRET_ARN", False),
        ("secretsmanager:GetSecretValue", "GATE_CLIENT_SECRET_ARN", False),
        ("lambda:InvokeFunction", ":slack", True),
        ("lambda:InvokeFunction", ":live", False),
        ("lambda:InvokeFunction", ":operators", False),
        ("lambda:InvokeFunction", ":$LATEST", False),
        ("lambda:InvokeFunction", "", False),
    ],
)
def test_the_function_that_opens_notebooks_has_nothing_that_proves_an_approver(
    full_resolved: ResolvedTemplate, evaluator: Evaluator, action: str, name: str, allowed: bool
) -> None:
    requests_function = full_resolved.requests_function
    assert requests_function is not None
    arn = requests_function.arn.removesuffix(":live")

    def allows(policies: Any) -> bool:
        access = Access(
            action=action,
            resource=requests_function.environment[name] if name.startswith("GATE") else f"{arn}{name}",
            account=ACCOUNT,
            principal=full_resolved.function.role.session("function"),
            identity_policies=policies,
        )
        return evaluator.allows(access)

    policies = full_resolved.function.role.policies
    assert allows(policies) is allowed
    # The named resources alone refuse a call, and without the role's Allow every call is refused.
    widened = [
        {**policy, "Statement": [{**each, "Resource": "*"} for each in policy["Statement"]]} for policy in policies
    ]
    assert allows(widened)
    assert not allows([])
