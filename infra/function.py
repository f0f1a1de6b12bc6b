"""The function, and a role that can do what it must and nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.bundle import PYTHON_VERSION, runtime_python
from infra.bytecode import MISSING
from infra.function_code import function_code
from infra.logs import log_group

NETWORK_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


class FunctionRole(Construct):
    """The function's own role. It creates no URL: for that, the function assumes the launch role."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            description="Notebook Gate's function: reads grants and its secrets, and assumes the launch role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "network": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=list(NETWORK_INTERFACES),
                            resources=["*"],
                            # For the Lambda service alone: calls from the function's own code carry this key
                            # (Lambda developer guide, "Giving Lambda functions access to resources in a VPC").
                            conditions={"Null": {"lambda:SourceFunctionArn": "true"}},
                        )
                    ]
                )
            },
        )
        acknowledge(
            self.role,
            "IAM5[Resource::*]",
            "Network interfaces have no name before Lambda makes them, and the actions that describe take no resource. "
            "The condition keeps the function's code from using them.",
        )

    def grant_secret(self, arn: str) -> None:
        """Let the function read the secret `arn`, and no other."""
        self.role.add_to_policy(iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[arn]))


class GateFunction(Construct):
    """The function in its private subnets."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        role: iam.Role,
        vpc: ec2.IVpc,
        security_group: ec2.ISecurityGroup,
        environment: Mapping[str, str],
        log_days: int,
        snap_start: bool,
        authorities: Path | None,
    ) -> None:
        """`authorities`: the PEM file with your own certificate authorities, if any."""
        super().__init__(scope, construct_id)
        group = log_group(self, "Logs", days=log_days)
        group.grant_write(role)
        python = runtime_python()
        self.function = lambda_.Function(
            self,
            "Function",
            description="Notebook Gate: from a caller's identity to one redirect into their notebook",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="gate.bootstrap.handler",
            code=function_code(python=python, authorities=authorities),
            memory_size=512,
            # API Gateway gives up after 29 seconds; nobody would hear an answer after that.
            timeout=cdk.Duration.seconds(28),
            role=role,
            log_group=group,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[security_group],
            environment=dict(environment),
            # A snapshot of the started function is taken at each deployment: a cold start resumes that instead.
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
        )
        if python is None:
            cdk.Annotations.of(self.function).add_warning_v2("gate:bytecode", MISSING.format(version=PYTHON_VERSION))
        cdk.Annotations.of(self.function).acknowledge_warning(
            "@aws-cdk/aws-lambda:snapStartRequirePublish", "API Gateway calls a published version, by the alias."
        )
        self.alias = lambda_.Alias(self, "Live", alias_name="live", version=self.function.current_version)
        acknowledge(
            self.function,
            "L1",
            "Python 3.13 is what all dependencies have been tested on; it is supported until 2029.",
        )
        resource = self.function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        # CDK makes the function wait for its role's policies by naming the role, too, which it refers to anyway.
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})


def session_secret(scope: Construct) -> secretsmanager.Secret:
    """Make the secret that signs cookies: random, made at deployment, known to nobody."""
    secret = secretsmanager.Secret(
        scope,
        "SessionKey",
        description="Notebook Gate: signs session cookies",
        generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
    )
    acknowledge(
        secret,
        "SMG4",
        "An operator changes this key by one command, which the alarm KeyRotationDue asks for. What the previous key "
        "signed counts for as long as that key is kept, so a change signs nobody out.",
    )
    return secret


def listed(words: Sequence[str]) -> str:
    """Write a list as the function's environment takes it."""
    return ",".join(words)
