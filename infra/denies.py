"""The function that cuts off open notebooks when access ends that a request led to.

No other function changes a policy of the launch role. No client reaches it: a schedule invokes it, and the function
that takes access requests.
"""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from gate.platform.aliases import DENIES
from infra.function import FunctionRole, GateFunction
from infra.grants_table import GrantsTable
from infra.keys import key_statements
from infra.part import Part
from infra.settings import Settings

PROXY_VARIABLES = ("HTTPS_PROXY", "NO_PROXY")

RETRY_FOR = cdk.Duration.hours(1)


class Denies(Part, Construct):
    """The function, with a role that reads the denies of the table and writes them to the launch role."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        grants: GrantsTable,
        launch_role: iam.Role,
        environment: Mapping[str, str],
    ) -> None:
        """`environment`: that of the function that opens notebooks."""
        super().__init__(scope, construct_id)
        role = FunctionRole(
            self,
            "Role",
            description="Notebook Gate's function for denies: cuts off open notebooks when access ends",
        )
        grants.grant_reading_denies(role.role)
        role.grant(key_statements(settings.keys, signs_in=False, publishes=False))
        # IAM cannot limit which inline policy is written, or its text. The permissions boundary of the launch role
        # limits what any text could allow (infra/launch_role.py).
        actions = ["iam:GetRolePolicy", "iam:ListRolePolicies", "iam:PutRolePolicy"]
        role.grant([iam.PolicyStatement(actions=actions, resources=[launch_role.role_arn])])
        function = GateFunction(
            self,
            "Function",
            description="Notebook Gate: cuts off open notebooks when access ends",
            settings=settings,
            # IAM has no endpoint in a VPC.
            network=None,
            role=role.role,
            # The proxy of the settings is for functions in the VPC.
            environment={name: value for name, value in environment.items() if name not in PROXY_VARIABLES},
            is_waited_for=False,
        )
        self.function: lambda_.Function = function.function
        # Whatever an event through this alias contains, it is one to write denies. No role may invoke another alias.
        self.alias = lambda_.Alias(self, "Denies", alias_name=DENIES, version=function.alias.version)
        lambda_.EventInvokeConfig(
            self,
            "AsyncInvocation",
            function=self.alias,
            qualifier=self.alias.alias_name,
            max_event_age=RETRY_FOR,
            retry_attempts=2,
        )
        self.environment = {"GATE_DENIES_FUNCTION_ARN": self.alias.function_arn}
        self.outputs = {"DeniesFunctionName": self.function.function_name}

    def allow_invoking(self, role: iam.IRole) -> None:
        """Let `role`, that of the function that takes access requests, invoke this function."""
        iam.Policy(
            self,
            "Invocation",
            roles=[role],
            statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[self.alias.function_arn])],
        )
