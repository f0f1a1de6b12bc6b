"""The function and its role, with no more permissions than it needs."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.ca_bundle import FUNCTION_PATH
from infra.environment import check_size
from infra.function_code import function_code
from infra.logs import log_group
from infra.nag import acknowledge_finding
from infra.network import Network
from infra.part import Part
from infra.settings import Settings

NETWORK_INTERFACE_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


class FunctionRole(Construct):
    """The role of a function, which may create network interfaces and nothing else until it is granted more."""

    def __init__(self, scope: Construct, construct_id: str, *, description: str) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            description=description,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "network": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=list(NETWORK_INTERFACE_ACTIONS),
                            resources=["*"],
                            # For the Lambda service alone: calls from the function's own code have this key
                            # (Lambda developer guide, "Giving Lambda functions access to resources in a VPC").
                            conditions={"Null": {"lambda:SourceFunctionArn": "true"}},
                        )
                    ]
                )
            },
        )
        resource = self.role.node.default_child
        assert resource is not None
        acknowledge_finding(
            resource,  # alone: later policies of the role are below it
            "IAM5[Resource::*]",
            "Network interfaces have no ARN before Lambda creates them, and the Describe actions accept no resource. "
            "The condition prevents the function's own code from using these actions.",
        )

    def grant_secret(self, arn: str) -> None:
        """Let the function read the secret `arn`."""
        self.grant([iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[arn])])

    def grant(self, statements: Sequence[iam.PolicyStatement]) -> None:
        """Let the function do what `statements` allow."""
        for statement in statements:
            self.role.add_to_policy(statement)


class GateFunction(Part, Construct):
    """The function, in private subnets or outside of a VPC, with an alias for its published version."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        description: str,
        settings: Settings,
        network: Network | None,
        role: iam.Role,
        environment: Mapping[str, str],
        is_waited_for: bool = True,
    ) -> None:
        """`network`: None without a VPC. `is_waited_for`: whether SnapStart and the concurrency of the settings apply.

        Raises `SettingsError` if Lambda would not accept the `environment`."""
        super().__init__(scope, construct_id)
        group = log_group(self, "Logs", days=settings.limits.log_days, key_arn=settings.keys.data)
        group.grant_write(role)
        ca_bundle = settings.ca_bundle
        variables = {
            **environment,
            "GATE_CA_BUNDLE": FUNCTION_PATH if ca_bundle else "",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        variables = {name: value for name, value in variables.items() if value}
        check_size(self, variables, settings)
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="gate.bootstrap.handler",
            code=function_code(self, ca_bundle=ca_bundle),
            memory_size=512,
            # API Gateway gives up after 29 seconds, and a later response would be lost.
            timeout=cdk.Duration.seconds(28),
            role=role,
            log_group=group,
            vpc=network.vpc if network else None,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS) if network else None,
            security_groups=[network.security_group] if network else None,
            environment=variables,
            # Each deployment takes a snapshot of the started function, and a cold start resumes it.
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if is_waited_for and settings.snap_start else None,
            reserved_concurrent_executions=settings.limits.reserved_concurrency or None if is_waited_for else None,
            tracing=lambda_.Tracing.ACTIVE if settings.stack.tracing else lambda_.Tracing.DISABLED,
            # An update leaves the earlier versions, so that an operator can go back with one call (docs/operations.md).
            # With the function itself, Lambda deletes them all.
            current_version_options=lambda_.VersionOptions(removal_policy=cdk.RemovalPolicy.RETAIN),
        )
        cdk.Annotations.of(self.function).acknowledge_warning(
            "@aws-cdk/aws-lambda:snapStartRequirePublish", "API Gateway invokes a published version through the alias."
        )
        self.alias = lambda_.Alias(self, "Live", alias_name="live", version=self.function.current_version)
        self.outputs = {"FunctionName": self.alias.function_name}
        acknowledge_finding(
            self.function,
            "L1",
            "All dependencies are tested with Python 3.13, which Lambda supports until 2029.",
        )
        resource = self.function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        # CDK adds DependsOn for the role's policies, and names the role as well, which is a redundant dependency.
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
