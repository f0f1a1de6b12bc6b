"""The API's resource policy: who is turned away before any code runs."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

STAGE = "prod"

SLACK = f"execute-api:/{STAGE}/POST/slack"
"""Slack's servers have no fixed addresses; its path is guarded by Slack's signature.

The stage is named, since `*` spans slashes: `execute-api:/*/POST/slack` would also let `GET /open/POST/slack` pass.
"""


def resource_policy(
    *, networks: Sequence[str], endpoints: Sequence[str], accounts: Sequence[str], slack: bool
) -> iam.PolicyDocument:
    """Write the policy that admits `networks` everywhere, with `slack` everybody on its path, and `accounts` to `/iam`.

    `endpoints`: of a private API, which is reached through these alone, and by no public address.
    API Gateway puts the API's own ARN in the place of `execute-api:` (developer guide, "resource policies").
    """
    everybody = [iam.AnyPrincipal()]
    invoke = ["execute-api:Invoke"]
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(principals=everybody, actions=invoke, resources=["execute-api:/*"]),
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=everybody,
                actions=invoke,
                resources=None if slack else ["execute-api:/*"],
                not_resources=[SLACK] if slack else None,
                conditions={"StringNotEquals": {"aws:SourceVpce": list(endpoints)}}
                if endpoints
                else {"NotIpAddress": {"aws:SourceIp": list(networks)}},
            ),
            # The Allow above would admit the principals of every AWS account there is to the signed routes.
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=everybody,
                actions=invoke,
                resources=["execute-api:/*/*/iam/*"],
                conditions={"StringNotEquals": {"aws:PrincipalAccount": list(accounts)}},
            ),
        ]
    )
