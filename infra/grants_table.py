"""The grants: who may open what."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from gate.store import key_prefixes


class GrantsTable(Construct):
    """One item a grant: partition key `principal`, sort key `notebook`; ended grants remove themselves.

    Beside the grants it remembers, for an hour, what may happen once (tickets and Slack's requests), who stands in
    line while AWS throttles, cutoffs (moments before which sign-ins count for nothing), what came of a sign-in that an
    operator watches, and what `gate revoke` denies.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="principal", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="notebook", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="until",
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )

    def grant_reading(self, role: iam.IRole) -> None:
        """Let `role` look rows up by principal. A statement that would read the whole table is refused."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["dynamodb:PartiQLSelect"],
                resources=[self.table.table_arn],
                conditions={"Bool": {"dynamodb:FullTableScan": "false"}},
            )
        )
        # By whole keys alone, so it can't scan.
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["dynamodb:BatchGetItem"], resources=[self.table.table_arn])
        )

    def grant_writing_state(self, role: iam.IRole, *, replay_claims: bool) -> None:
        """Let `role` write queues, cutoffs, sign-in reports and, with `replay_claims`, claims of the replay guard.

        It may not write grants: the policy allows only partition keys that no principal has.
        """
        kept = [f"{key_prefixes.QUEUE}*", *([f"{key_prefixes.REPLAY_CLAIM}*"] if replay_claims else [])]
        self._grant_writing(role, ["dynamodb:PutItem", "dynamodb:UpdateItem"], keys=kept)
        # A person's own cutoff. Everybody's is `cutoff:*`, which is the operators' to write, and no match of this.
        self._grant_writing(role, ["dynamodb:PutItem"], keys=[f"{key_prefixes.CUTOFF}user:*"])
        # A sign-in's report, into the row that an operator wrote.
        self._grant_writing(role, ["dynamodb:UpdateItem"], keys=[f"{key_prefixes.SIGN_IN_REPORT}*"])

    def _grant_writing(self, role: iam.IRole, actions: list[str], *, keys: list[str]) -> None:
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=actions,
                resources=[self.table.table_arn],
                conditions={
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys},
                    # "For all values" is true of none, too.
                    "Null": {"dynamodb:LeadingKeys": "false"},
                },
            )
        )
