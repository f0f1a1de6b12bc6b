"""The grants table: who may open which notebook."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from gate.access_requests.keys import ALLOWED, OPEN
from gate.store import key_prefixes
from gate.store.grant_row import REQUESTED
from gate.store.table import INDEX
from infra.part import Part

NO_SCAN = {"Bool": {"dynamodb:FullTableScan": "false"}}


class GrantsTable(Part, Construct):
    """One item for each grant: partition key `principal`, sort key `notebook`. DynamoDB deletes expired grants.

    The table also has the gate's own items, whose keys begin with the prefixes of `gate.store.key_prefixes`: replay
    claims of tickets and of Slack's requests, launch queues, cutoffs (times before which sign-ins do not count),
    reports of sign-ins that an operator watches, access requests, the denies that cut off open notebooks, and reports
    of grants that nobody used.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, by_notebook: bool, existing: str = "", key_arn: str = ""
    ) -> None:
        """`by_notebook`: whether owners see who has a grant for their notebook, which needs an index.

        `existing`: the name of a table of an earlier stack, or of a restored one, to use in place of a new one.
        `key_arn`: the KMS key that encrypts a new table; empty for the key of DynamoDB.
        """
        super().__init__(scope, construct_id)
        self.table: dynamodb.ITable = (
            dynamodb.Table.from_table_name(self, "Existing", existing)
            if existing
            else self._new_table(by_notebook=by_notebook, key_arn=key_arn)
        )
        self.environment = {"GATE_TABLE": self.table.table_name}
        self.outputs = {"GrantsTable": self.table.table_name}

    def _new_table(self, *, by_notebook: bool, key_arn: str) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="principal", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="notebook", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="until",
            deletion_protection=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        if key_arn:
            resource = table.node.default_child
            assert isinstance(resource, dynamodb.CfnTable)
            resource.sse_specification = dynamodb.CfnTable.SSESpecificationProperty(
                sse_enabled=True, sse_type="KMS", kms_master_key_id=key_arn
            )
        if by_notebook:
            # Keys alone: rows that change and keep their key, such as launch queues, then write nothing to the index.
            table.add_global_secondary_index(
                index_name=INDEX,
                partition_key=dynamodb.Attribute(name="notebook", type=dynamodb.AttributeType.STRING),
                sort_key=dynamodb.Attribute(name="principal", type=dynamodb.AttributeType.STRING),
                projection_type=dynamodb.ProjectionType.KEYS_ONLY,
            )
        return table

    def grant_reading(self, role: iam.IRole) -> None:
        """Let `role` read items by principal. IAM denies a statement that would read the whole table."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["dynamodb:PartiQLSelect"],
                resources=[self.table.table_arn],
                conditions=NO_SCAN,
            )
        )
        # BatchGetItem needs full keys, so it cannot scan.
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["dynamodb:BatchGetItem"], resources=[self.table.table_arn])
        )

    def grant_reading_denies(self, role: iam.IRole) -> None:
        """Let `role` read the denies, and nothing else."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["dynamodb:PartiQLSelect"],
                resources=[self.table.table_arn],
                conditions=_of_keys([key_prefixes.REVOCATION, key_prefixes.ENDED]) | NO_SCAN,
            )
        )

    def grant_writing_state(self, role: iam.IRole, *, replay_claims: bool) -> None:
        """Let `role` write queues, cutoffs and, with `replay_claims`, claims of the replay guard.

        The role cannot write grants: the policy allows only partition keys that no principal has.
        """
        keys = [f"{key_prefixes.QUEUE}*", *([f"{key_prefixes.REPLAY_CLAIM}*"] if replay_claims else [])]
        self._grant_writing(role, ["dynamodb:PutItem", "dynamodb:UpdateItem"], keys=keys)
        # The cutoff of one user. The cutoff of all users, `cutoff:*`, does not match: only operators write it.
        self._grant_writing(role, ["dynamodb:PutItem"], keys=[f"{key_prefixes.CUTOFF}user:*"])

    def grant_reporting(self, role: iam.IRole) -> None:
        """Let `role`, that of the function that signs people in, write sign-in reports into the items of operators."""
        self._grant_writing(role, ["dynamodb:UpdateItem"], keys=[f"{key_prefixes.SIGN_IN_REPORT}*"])

    def grant_deciding(self, role: iam.IRole, *, replay_claims: bool) -> None:
        """Let `role` write access requests and the grants that they lead to, and, with `replay_claims`, replay claims.

        A grant can be given to a person and not to a group or an IAM role. It has the attributes of a requested grant
        alone, so it makes nobody an owner.
        """
        actions = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
        self._grant_writing(role, actions, keys=[f"{key_prefixes.ACCESS_REQUEST}*"])
        # The reference to a request that is no longer open, or whose access has ended. A request cannot be deleted.
        self._grant_writing(role, ["dynamodb:DeleteItem"], keys=[OPEN, ALLOWED])
        self._grant_writing(role, ["dynamodb:PutItem"], keys=[key_prefixes.ENDED])
        if replay_claims:
            self._grant_writing(role, ["dynamodb:PutItem"], keys=[f"{key_prefixes.REPLAY_CLAIM}*"])
        self._grant_writing(role, ["dynamodb:PutItem"], keys=["user:*", "slack:*"], attributes=REQUESTED)
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["dynamodb:Query"], resources=[f"{self.table.table_arn}/index/{INDEX}"])
        )

    def _grant_writing(
        self, role: iam.IRole, actions: list[str], *, keys: list[str], attributes: Sequence[str] = ()
    ) -> None:
        """`attributes`: the only attributes that the call may name; empty for any."""
        conditions = _of_keys(keys)
        if attributes:
            conditions["ForAllValues:StringEquals"] = {"dynamodb:Attributes": list(attributes)}
            conditions["Null"]["dynamodb:Attributes"] = "false"
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=actions, resources=[self.table.table_arn], conditions=conditions)
        )


def _of_keys(keys: list[str]) -> dict[str, dict[str, object]]:
    """Return the condition that a call names partition keys alone that match `keys`."""
    return {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys},
        # ForAllValues is also true if the request has no such key.
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
