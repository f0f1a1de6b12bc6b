"""Example settings for the tests of the stack, and how to look resources up in its template."""

from typing import Any

from local.template import Template

NETWORK = "203.0.113.0/24"
ENDPOINT, OTHER_ENDPOINT = "vpce-0123456789abcdef0", "vpce-0fedcba9876543210"
REMOTE_ACCOUNT = "210987654321"
SIGN_IN_ISSUER = {
    "issuer": "https://login.example.com",
    "client_id": "gate",
    "client_secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:client-AbCdEf",
    "iam_accounts": [REMOTE_ACCOUNT],
}
EXISTING_VPC: dict[str, Any] = {
    "id": "vpc-0123456789abcdef0",
    "subnet_ids": ["subnet-01234567", "subnet-89abcdef"],
    "egress": ["192.0.2.10", "192.0.2.11"],
}
MINIMAL: dict[str, Any] = {"networks": [NETWORK]}
FULL: dict[str, Any] = {
    "networks": [NETWORK, "2001:db8::/32"],
    "vpc_endpoints": [ENDPOINT],
    "identity": SIGN_IN_ISSUER,
    "slack": {"teams": ["T0123ABCDEF"], "email_domains": ["example.com"]},
    "vpc": EXISTING_VPC,
    "remote": {
        "locations": [f"{REMOTE_ACCOUNT}/eu-central-1", f"{REMOTE_ACCOUNT}/us-east-1"],
        "external_id": "gate-4711",
    },
    "studio": {"domains": ["d-abc123", f"{REMOTE_ACCOUNT}/us-east-1/d-def456"]},
    "requests": {
        "approvers": {"group:ml-platform": ["*"]},
        "two": ["prod-*"],
        "slack_channel": "C0123ABCDEF",
        "topic_arn": "arn:aws:sns:eu-west-1:123456789012:requests",
    },
    "alarms": {"topic_arn": "arn:aws:sns:eu-west-1:123456789012:alarms"},
    "domain": {
        "name": "notebooks.example.com",
        "certificate_arn": "arn:aws:acm:eu-west-1:123456789012:certificate/0123",
        "hosted_zone_id": "Z0123",
        "hosted_zone_name": "example.com",
    },
}
"""A deployment with an existing VPC and issuer, a custom domain, remote notebooks, Slack and access requests."""


def resources(template: Template, resource_type: str) -> dict[str, Any]:
    """Return the resources of a type, by logical id."""
    return {name: each for name, each in template["Resources"].items() if each["Type"] == resource_type}


def properties(template: Template, resource_type: str) -> dict[str, Any]:
    """Return the properties of the resources of a type, by logical id."""
    return {name: each["Properties"] for name, each in resources(template, resource_type).items()}


def only(template: Template, resource_type: str) -> dict[str, Any]:
    """Return the properties of the only resource of a type."""
    (found,) = properties(template, resource_type).values()
    result: dict[str, Any] = found
    return result
