"""The launch role: the only one that can create a notebook's URL, and only for listed addresses."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.acknowledge import acknowledge

OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"
MANAGE = (
    "sagemaker:DescribeNotebookInstance",
    "sagemaker:StartNotebookInstance",
    "sagemaker:StopNotebookInstance",
)


class LaunchRole(Construct):
    """Assumed by the function for each caller, with a session policy that narrows it to one notebook."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        trusted: str,
        addresses: Sequence[str],
        vpc_endpoints: Sequence[str],
        regions: Sequence[str],
        name: str | None = None,
        external_id: str = "",
    ) -> None:
        """`trusted`: the ARN of the function's role. `addresses`: the people's networks and the function's own (CIDRs).

        `name`: where the function, in another account, must know it. `external_id`: what it must say there.
        """
        super().__init__(scope, construct_id)
        principal = iam.ArnPrincipal(trusted)
        asked = {"StringEquals": {"sts:ExternalId": external_id}} if external_id else {}
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description="Notebook Gate: opens notebooks as the caller. The policy is enforced on every request "
            "and WebSocket frame of an open notebook.",
            assumed_by=iam.PrincipalWithConditions(principal, asked) if asked else principal,
            inline_policies={"launch": self._policy(addresses, vpc_endpoints, regions)},
        )
        for region in regions:
            acknowledge(
                self.role,
                f"IAM5[Resource::arn:<AWS::Partition>:sagemaker:{_shown(region)}:<AWS::AccountId>:notebook-instance/*]",
                "Which notebook a caller may open is decided by their grant: the session policy names that one.",
            )
        assert self.role.assume_role_policy is not None
        self.role.assume_role_policy.add_statements(
            iam.PolicyStatement(actions=["sts:SetSourceIdentity"], principals=[principal])
        )

    def _policy(
        self, addresses: Sequence[str], vpc_endpoints: Sequence[str], regions: Sequence[str]
    ) -> iam.PolicyDocument:
        stack = cdk.Stack.of(self)
        notebooks = [
            stack.format_arn(service="sagemaker", resource="notebook-instance", resource_name="*", region=region)
            for region in regions
        ]
        # The same condition meets the function, which creates the URL, and the browser, which uses it: so it names
        # both. Conditions of one Deny must all hold, so a listed address or a listed endpoint is enough to pass.
        conditions: dict[str, dict[str, list[str]]] = {}
        if addresses:
            conditions["NotIpAddress"] = {"aws:SourceIp": list(addresses)}
        if vpc_endpoints:
            conditions["StringNotEquals"] = {"aws:SourceVpce": list(vpc_endpoints)}
        return iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(actions=[OPEN, *MANAGE], resources=notebooks),
                iam.PolicyStatement(effect=iam.Effect.DENY, actions=[OPEN], resources=["*"], conditions=conditions),
            ]
        )


def allow_assuming(role: iam.IRole, launch_roles: Sequence[str]) -> None:
    """Let the function's `role` assume the `launch_roles` (ARNs), and name the caller as it does."""
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=["sts:AssumeRole", "sts:SetSourceIdentity"], resources=list(launch_roles))
    )


def _shown(region: str) -> str:
    # cdk-nag writes the stack's own region, which is not known before it is deployed, in this way.
    return "<AWS::Region>" if cdk.Token.is_unresolved(region) else region
