"""The resource policy of the API, which rejects callers before any code runs."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

STAGE = "prod"

SLACK_RESOURCE = f"execute-api:/{STAGE}/POST/slack"
"""The path for Slack, whose servers have no fixed addresses. Slack's signature protects it.

The stage is explicit, since `*` also matches slashes: `execute-api:/*/POST/slack` would match `GET /open/POST/slack`.
"""


def resource_policy(
    *, networks: Sequence[str], endpoints: Sequence[str], accounts: Sequence[str], slack: bool
) -> iam.PolicyDocument:
    """Return the policy that allows `networks` on all paths and, on `/iam`, only principals of `accounts`.

    `endpoints`: of a private API, which allows these endpoints in place of any public address.
    `slack`: whether the path for Slack is open to all addresses.
    API Gateway replaces `execute-api:` by the ARN of the API (developer guide, "resource policies").
    """
    anyone = [iam.AnyPrincipal()]
    invoke = ["execute-api:Invoke"]
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(principals=anyone, actions=invoke, resources=["execute-api:/*"]),
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=anyone,
                actions=invoke,
                resources=None if slack else ["execute-api:/*"],
                not_resources=[SLACK_RESOURCE] if slack else None,
                conditions={"StringNotEquals": {"aws:SourceVpce": list(endpoints)}}
                if endpoints
                else {"NotIpAddress": {"aws:SourceIp": list(networks)}},
            ),
            # The Allow above would admit principals of every AWS account to the signed routes.
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=anyone,
                actions=invoke,
                resources=["execute-api:/*/*/iam/*"],
                conditions={"StringNotEquals": {"aws:PrincipalAccount": list(accounts)}},
            ),
        ]
    )
