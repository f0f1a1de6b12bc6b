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
        function_role: iam.IRole,
        networks: Sequence[str],
        egress: Sequence[str],
        vpc_endpoints: Sequence[str],
    ) -> None:
        """`networks`: the people's; `egress`: the function's own. Both as CIDRs."""
        super().__init__(scope, construct_id)
        trusted = iam.ArnPrincipal(function_role.role_arn)
        self.role = iam.Role(
            self,
            "Role",
            description="Notebook Gate: opens notebooks as the caller. The policy is enforced on every request "
            "and WebSocket frame of an open notebook.",
            assumed_by=trusted,
            inline_policies={"launch": self._policy(networks, egress, vpc_endpoints)},
        )
        acknowledge(
            self.role,
            "IAM5[Resource::arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:notebook-instance/*]",
            "Which notebook a caller may open is decided by their grant: the session policy names that one notebook.",
        )
        assert self.role.assume_role_policy is not None
        self.role.assume_role_policy.add_statements(
            iam.PolicyStatement(actions=["sts:SetSourceIdentity"], principals=[trusted])
        )
        function_role.add_to_principal_policy(
            iam.PolicyStatement(actions=["sts:AssumeRole", "sts:SetSourceIdentity"], resources=[self.role.role_arn])
        )

    def _policy(
        self, networks: Sequence[str], egress: Sequence[str], vpc_endpoints: Sequence[str]
    ) -> iam.PolicyDocument:
        notebooks = cdk.Stack.of(self).format_arn(service="sagemaker", resource="notebook-instance", resource_name="*")
        # The same condition meets the function, which creates the URL, and the browser, which uses it: so it names
        # both. Conditions of one Deny must all hold, so a listed address or a listed endpoint is enough to pass.
        conditions = {"NotIpAddress": {"aws:SourceIp": [*networks, *egress]}}
        if vpc_endpoints:
            conditions["StringNotEquals"] = {"aws:SourceVpce": list(vpc_endpoints)}
        return iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(actions=[OPEN, *MANAGE], resources=[notebooks]),
                iam.PolicyStatement(effect=iam.Effect.DENY, actions=[OPEN], resources=["*"], conditions=conditions),
            ]
        )
