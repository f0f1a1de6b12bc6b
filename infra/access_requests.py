"""The function that signs people in, takes access requests and decides on them.

The function that opens notebooks writes no grants, and has nothing that proves an approver in a browser.
"""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from gate.platform.aliases import OPERATORS, SLACK
from infra.function import FunctionRole, GateFunction
from infra.grants_table import GrantsTable
from infra.keys import key_statements
from infra.network import Network
from infra.part import Part
from infra.settings import REQUESTS_VARIABLE, Settings
from infra.signing_key import SigningKey


class AccessRequests(Part, Construct):
    """The requests function, with a role that writes requests and the grants that they lead to."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        network: Network | None,
        grants: GrantsTable,
        secrets: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        """`secrets`: the ARNs of the secrets that prove who somebody is.

        `environment`: that of the function that opens notebooks.
        """
        super().__init__(scope, construct_id)
        role = FunctionRole(
            self,
            "Role",
            description="Notebook Gate's requests function: writes access requests, and the grants that they lead to",
        )
        grants.grant_reading(role.role)
        grants.grant_deciding(role.role, replay_claims=bool(settings.slack.teams))
        grants.grant_reporting(role.role)
        key = SigningKey(
            self,
            "DecisionKey",
            variable="GATE_DECISION_SECRET_ARN",
            description="Notebook Gate: proves who decides on access requests",
            key_arn=settings.keys.data,
        )
        for arn in (*secrets, key.secret_arn):
            role.grant_secret(arn)
        topic = settings.requests.topic_arn
        if topic:
            role.grant([iam.PolicyStatement(actions=["sns:Publish"], resources=[topic])])
        role.grant(key_statements(settings.keys, signs_in=True, publishes=True))
        # The function that opens notebooks has them, too: its page tells approvers how many requests wait for them.
        rules = {REQUESTS_VARIABLE: settings.requests.text}
        function = GateFunction(
            self,
            "Function",
            description="Notebook Gate: signs people in, and takes access requests",
            settings=settings,
            network=network,
            role=role.role,
            environment={**environment, **key.environment, **rules},
        )
        self.role = role.role
        self.function: lambda_.Function = function.function
        self.alias: lambda_.Alias = function.alias
        # An alias of its own for operators, whose names the function believes. No other role may invoke it.
        lambda_.Alias(self, "Operators", alias_name=OPERATORS, version=function.alias.version)
        self.forwarding = lambda_.Alias(self, "Slack", alias_name=SLACK, version=function.alias.version)
        self.environment = {"GATE_REQUESTS_FUNCTION_ARN": self.forwarding.function_arn, **rules}
        self.outputs = {
            "RequestsFunctionName": self.function.function_name,
            "RequestsRoleArn": role.role.role_arn,
            "DecisionSecret": key.secret_arn,
        }

    def allow_forwarding(self, role: iam.IRole) -> None:
        """Let `role`, that of the function that opens notebooks, forward Slack's requests."""
        iam.Policy(
            self,
            "Forwarding",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[self.forwarding.function_arn])
            ],
        )
        lambda_.EventInvokeConfig(
            self,
            "AsyncInvocation",
            function=self.forwarding,
            qualifier=self.forwarding.alias_name,
            # Slack's signature is valid for five minutes.
            max_event_age=cdk.Duration.minutes(5),
            retry_attempts=1,
        )
