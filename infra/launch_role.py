"""The launch role: the only role that can create a notebook's URL, and only for allowed addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from gate.launch.denies.launch_role import REVOKED_POLICY
from gate.launch.kinds import all_kinds
from gate.launch.kinds.kind import Kind, actions
from infra.address_conditions import outside_of
from infra.nag import acknowledge_finding
from infra.part import Part
from infra.revocations import NOTHING_REVOKED


@dataclass(frozen=True)
class _Resource:
    """Notebooks of one kind in one region."""

    kind: Kind
    region: str
    end: str
    """The end of the ARN."""

    @property
    def arn(self) -> str:
        """The ARN, in the role's own account."""
        return f"arn:{cdk.Aws.PARTITION}:sagemaker:{self.region}:{cdk.Aws.ACCOUNT_ID}:{self.end}"


class LaunchRole(Part, Construct):
    """The role that the function assumes for each caller, with a session policy for the caller's notebooks only."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        trusted_arn: str,
        addresses: Sequence[str],
        vpc_endpoints: Sequence[str],
        regions: Sequence[str],
        allows_window: bool = False,
        bounded: bool = False,
        studio_domains: Mapping[str, Sequence[str]] = MappingProxyType({}),
        name: str | None = None,
        external_id: str = "",
    ) -> None:
        """`trusted_arn`: the function's role. `addresses`: the CIDRs of the users' networks and of the function itself.

        `allows_window`: whether the Deny spares role sessions that are limited by a window (`gate.launch.window`).
        `bounded`: whether the role has a permissions boundary that allows no more than its policy, because a function
        of the gate may write its inline policies.
        `studio_domains`: the ids of the Studio domains that may be opened, by region.
        `name`, `external_id`: for a role in another account, where the function must know the name and send the id.
        """
        super().__init__(scope, construct_id)
        principal = iam.ArnPrincipal(trusted_arn)
        resources = [
            _Resource(kind, region, end)
            for kind in all_kinds()
            for region in regions
            for end in kind.resources(studio_domains.get(region, ()))
        ]
        conditions = {"StringEquals": {"sts:ExternalId": external_id}} if external_id else {}
        outside = outside_of(addresses, vpc_endpoints, tagged=allows_window)
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description="Notebook Gate: opens notebooks as the caller. The policy is enforced on every request "
            "and WebSocket frame of an open notebook.",
            assumed_by=iam.PrincipalWithConditions(principal, conditions) if conditions else principal,
            inline_policies={"launch": self._policy(outside, resources)},
            permissions_boundary=self._boundary(outside) if bounded else None,
        )
        iam.CfnPolicy(
            self,
            "Revocations",
            policy_name=REVOKED_POLICY,
            policy_document=NOTHING_REVOKED,
            roles=[self.role.role_name],
        )
        for resource in resources:
            place = f"{_as_reported(resource.region)}:<AWS::AccountId>"
            arn = f"arn:<AWS::Partition>:sagemaker:{place}:{resource.end}"
            acknowledge_finding(
                self.role,
                f"IAM5[Resource::{arn}]",
                "The caller's grants decide which notebooks they may open, and the session policy names only these.",
            )
        self.environment = {"GATE_LAUNCH_ROLE_ARN": self.role.role_arn}
        self.outputs = {"LaunchRoleArn": self.role.role_arn}
        assert self.role.assume_role_policy is not None
        self._session_actions = ["sts:SetSourceIdentity", *(["sts:TagSession"] if allows_window else [])]
        self.role.assume_role_policy.add_statements(
            iam.PolicyStatement(actions=self._session_actions, principals=[principal])
        )

    def _boundary(self, outside: Mapping[str, object]) -> iam.ManagedPolicy:
        """Return the most that the role can allow, whatever its inline policies say: to open and use notebooks."""
        kinds = all_kinds()
        # Without the notebooks that the role's policy names: a managed policy has 6,144 characters (IAM quotas).
        allow = iam.PolicyStatement(actions=[each for kind in kinds for each in actions(kind)], resources=["*"])
        boundary = iam.ManagedPolicy(
            self,
            "Boundary",
            description="Notebook Gate: the most that the launch role can allow, whatever its inline policies say",
            statements=[allow, _deny_outside(kinds, outside)],
        )
        acknowledge_finding(
            boundary,
            "IAM5[Resource::*]",
            "A permissions boundary allows nothing by itself. The role's policy names the notebooks.",
        )
        return boundary

    def allow_assuming(self, function_role: iam.IRole, *, remote_name: str, accounts: Sequence[str]) -> None:
        """Let the function assume this role and those of other accounts, and set the caller as the source identity.

        If `accounts` has the stack's own account, its `remote_name` is a role that does not exist.
        """
        remote = [f"arn:{cdk.Aws.PARTITION}:iam::{account}:role/{remote_name}" for account in accounts]
        function_role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole", *self._session_actions], resources=[self.role.role_arn, *remote]
            )
        )

    def _policy(self, outside: Mapping[str, object], resources: Sequence[_Resource]) -> iam.PolicyDocument:
        kinds = list(dict.fromkeys(resource.kind for resource in resources))
        return iam.PolicyDocument(
            statements=[
                *(
                    iam.PolicyStatement(
                        actions=actions(kind),
                        resources=[resource.arn for resource in resources if resource.kind is kind],
                    )
                    for kind in kinds
                ),
                _deny_outside(kinds, outside),
            ]
        )


def _deny_outside(kinds: Sequence[Kind], outside: Mapping[str, object]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        effect=iam.Effect.DENY,
        actions=[kind.open_action for kind in kinds],
        resources=["*"],
        # The condition applies to the function, which creates the URL, and to the browser, which uses it.
        conditions=outside,
    )


def _as_reported(region: str) -> str:
    # cdk-nag reports the stack's own region, which is not known before the deployment, in this form.
    return "<AWS::Region>" if cdk.Token.is_unresolved(region) else region
