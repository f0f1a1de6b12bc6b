"""Which keys of the grants table the function may write."""

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
        ("UpdateItem", "report:AAAAAAAAAAAAAAAAAAAAAA", True),
        ("PutItem", "report:AAAAAAAAAAAAAAAAAAAAAA", False),
        ("UpdateItem", "report", False),
        ("PutItem", "user:mallory@example.com", False),
        ("UpdateItem", "user:mallory@example.com", False),
        ("UpdateItem", "group:report:x", False),
        ("PutItem", "revoked:", False),
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
            principal=full_resolved.function_role.session("function"),
            context={"dynamodb:LeadingKeys": [key]},
            identity_policies=policies,
        )
        return evaluator.allows(access)

    policies = full_resolved.function_role.policies
    assert allows(policies) is allowed
    # The conditions on the keys alone refuse a write, and without the role's Allow every write is refused.
    without_conditions = [
        {**policy, "Statement": [{**each, "Condition": {}} for each in policy["Statement"]]} for policy in policies
    ]
    assert allows(without_conditions)
    assert not allows([])
