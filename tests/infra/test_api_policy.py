"""Which requests the resource policy of the API allows."""

from typing import Any

import pytest

from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, API_ID, REGION
from tests.infra.examples import REMOTE_ACCOUNT
from tests.infra.policies import ALLOW_ALL, INSIDE, OUTSIDE

OWN_ACCOUNT = f"arn:aws:iam::{ACCOUNT}:user/job"
LISTED_ACCOUNT = f"arn:aws:iam::{REMOTE_ACCOUNT}:role/job"
OTHER_ACCOUNT = "arn:aws:iam::999999999999:role/job"


@pytest.mark.parametrize(
    ("request_line", "source", "principal", "allowed"),
    [
        ("GET /open", INSIDE, None, True),
        ("GET /open", "2001:db8::7", None, True),
        ("GET /open", OUTSIDE, None, False),
        ("GET /open/alice-notebook", INSIDE, None, True),
        ("GET /open/alice-notebook", OUTSIDE, None, False),
        ("GET //", INSIDE, None, True),
        ("GET //", OUTSIDE, None, False),
        ("GET /login", OUTSIDE, None, False),
        ("GET /health", OUTSIDE, None, False),
        ("GET /help", INSIDE, None, True),
        ("GET /help", OUTSIDE, None, False),
        ("POST /logout", OUTSIDE, None, False),
        # Slack's servers have no fixed addresses. Its one path is exempt, and no similar path is.
        ("POST /slack", INSIDE, None, True),
        ("POST /slack", OUTSIDE, None, True),
        ("GET /slack", OUTSIDE, None, False),
        ("POST /slack/x", OUTSIDE, None, False),
        ("POST /slackers", OUTSIDE, None, False),
        ("GET /open/POST/slack", OUTSIDE, None, False),
        ("POST /prod/POST/slack", OUTSIDE, None, False),
        # Signed requests: from this account and the listed ones, from inside.
        ("GET /iam/open/x", INSIDE, OWN_ACCOUNT, True),
        ("GET /iam/open/x", OUTSIDE, OWN_ACCOUNT, False),
        ("GET /iam/open/x", INSIDE, LISTED_ACCOUNT, True),
        ("GET /iam/open/x", OUTSIDE, LISTED_ACCOUNT, False),
        ("GET /iam/open/x", INSIDE, OTHER_ACCOUNT, False),
        ("GET /iam/open/x", INSIDE, None, False),
        ("GET /open", INSIDE, OTHER_ACCOUNT, True),  # this path needs no signature, so one changes nothing
    ],
)
def test_requests_that_the_api_allows(
    full_resolved: ResolvedTemplate,
    resolved: ResolvedTemplate,
    evaluator: Evaluator,
    request_line: str,
    source: str,
    principal: str | None,
    allowed: bool,
) -> None:
    method, path = request_line.split(" ")
    signed = {"aws:PrincipalAccount": principal.split(":")[4]} if principal else {}

    def allows(policy: Any) -> bool:
        access = Access(
            action="execute-api:Invoke",
            resource=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API_ID}/prod/{method}{path}",
            account=ACCOUNT,
            principal=principal,
            context={"aws:SourceIp": source, **signed},
            # The policies of the principal's own account; the resource policy decides.
            identity_policies=[ALLOW_ALL] if principal else [],
            resource_policy=policy,
        )
        return evaluator.allows(access)

    policy = full_resolved.api_policy
    assert allows(policy) is allowed
    # Without Slack in the settings, its path is like any other.
    assert allows(resolved.api_policy) is (allowed and source == INSIDE and principal != LISTED_ACCOUNT)
    # Without the Deny statements the request is allowed, and without the Allow an anonymous one is not.
    allow_alone = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    assert allows({**policy, "Statement": allow_alone})
    deny_alone = [statement for statement in policy["Statement"] if statement["Effect"] == "Deny"]
    assert not (principal is None and allows({**policy, "Statement": deny_alone}))
