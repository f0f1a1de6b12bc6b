"""Which keys of the grants table the functions may write."""

from typing import Any

import pytest

from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, REGION


@pytest.mark.parametrize(
    ("operation", "key", "allowed"),
    [
        ("PutItem", "queue:home", True),
        ("UpdateItem", "queue:home", True),
        ("PutItem", "replay:ticket/x", True),
        ("PutItem", "cutoff:user:alice@example.com", True),
        ("PutItem", "cutoff:*", False),
        ("UpdateItem", "cutoff:user:alice@example.com", False),
        ("UpdateItem", "report:AAAAAAAAAAAAAAAAAAAAAA", False),
        ("PutItem", "user:mallory@example.com", False),
        ("UpdateItem", "user:mallory@example.com", False),
        ("UpdateItem", "group:report:x", False),
        ("PutItem", "revoked:", False),
        ("PutItem", "unused:", False),
    ],
)
def test_the_keys_that_the_function_may_write(
    full_resolved: ResolvedTemplate, evaluator: Evaluator, operation: str, key: str, allowed: bool
) -> None:
    def allows(policies: Any) -> bool:
        access = Access(
            action=f"dynamodb:{operation}",
            resource=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{full_resolved.environment['GATE_TABLE']}",
            account=ACCOUNT,
            principal=full_resolved.function.role.session("function"),
            context={"dynamodb:LeadingKeys": [key]},
            identity_policies=policies,
        )
        return evaluator.allows(access)

    policies = full_resolved.function.role.policies
    assert allows(policies) is allowed
    # The conditions on the keys alone refuse a write, and without the role's Allow every write is refused.
    without_conditions = [
        {**policy, "Statement": [{**each, "Condition": {}} for each in policy["Statement"]]} for policy in policies
    ]
    assert allows(without_conditions)
    assert not allows([])


GRANT = ["principal", "notebook", "power", "until", "request_id", "granted_by", "reason"]
"""The attributes of a requested grant."""


@pytest.mark.parametrize(
    ("operation", "key", "attributes", "allowed"),
    [
        ("PutItem", "user:carol@example.com", GRANT, True),
        ("PutItem", "slack:T0123ABCDEF/U0CAROL", GRANT, True),
        ("PutItem", "user:carol@example.com", [*GRANT, "owner"], False),
        ("PutItem", "user:carol@example.com", [*GRANT, "session"], False),
        ("PutItem", "user:carol@example.com", [*GRANT, "default"], False),
        ("PutItem", "group:everybody", GRANT, False),
        ("PutItem", "iam:arn:aws:iam::123456789012:user/x", GRANT, False),
        ("UpdateItem", "user:carol@example.com", GRANT, False),
        ("DeleteItem", "user:carol@example.com", GRANT, False),
        ("PutItem", "request:", ["id"], True),
        ("PutItem", "request:past:aaaaaaaaaaaaaaaaaaaa", ["id"], True),
        ("DeleteItem", "request:open", [], True),
        ("DeleteItem", "request:allowed", [], True),
        ("PutItem", "ended:", ["before"], True),
        ("DeleteItem", "ended:", [], False),
        ("UpdateItem", "ended:", ["before"], False),
        ("DeleteItem", "request:aaaaaaaaaaaaaaaaaaaa", [], False),
        ("DeleteItem", "request:count", [], False),
        ("UpdateItem", "request:count", ["count"], True),
        ("PutItem", "replay:requests/x", ["until"], True),
        ("PutItem", "cutoff:user:carol@example.com", ["before"], False),
        ("PutItem", "revoked:", ["before"], False),
        ("PutItem", "unused:", ["principals"], False),
        ("PutItem", "queue:home", ["until"], False),
        ("UpdateItem", "report:AAAAAAAAAAAAAAAAAAAAAA", ["claims"], True),
        ("PutItem", "report:AAAAAAAAAAAAAAAAAAAAAA", ["claims"], False),
        ("UpdateItem", "report", ["claims"], False),
    ],
)
def test_what_the_requests_function_may_write(
    full_resolved: ResolvedTemplate,
    evaluator: Evaluator,
    operation: str,
    key: str,
    attributes: list[str],
    allowed: bool,
) -> None:
    function = full_resolved.requests_function
    assert function is not None
    access = Access(
        action=f"dynamodb:{operation}",
        resource=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{full_resolved.environment['GATE_TABLE']}",
        account=ACCOUNT,
        principal=function.role.session("function"),
        context={"dynamodb:LeadingKeys": [key], "dynamodb:Attributes": attributes},
        identity_policies=function.role.policies,
    )
    assert evaluator.allows(access) is allowed


def test_the_function_that_opens_notebooks_writes_neither_requests_nor_grants(
    full_resolved: ResolvedTemplate, evaluator: Evaluator
) -> None:
    for key in ("request:", "request:count", "user:carol@example.com"):
        for operation in ("PutItem", "UpdateItem", "DeleteItem"):
            access = Access(
                action=f"dynamodb:{operation}",
                resource=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{full_resolved.environment['GATE_TABLE']}",
                account=ACCOUNT,
                principal=full_resolved.function.role.session("function"),
                context={"dynamodb:LeadingKeys": [key], "dynamodb:Attributes": GRANT},
                identity_policies=full_resolved.function.role.policies,
            )
            assert not evaluator.allows(access)
