"""Log groups with the retention period of the settings."""

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct


def log_group(scope: Construct, construct_id: str, *, days: int, key_arn: str) -> logs.LogGroup:
    """Add a log group that keeps its lines for `days` days. It is the audit trail, so it outlives the stack.

    `key_arn`: the KMS key that encrypts it; empty for the key of CloudWatch Logs.
    """
    group = logs.LogGroup(scope, construct_id, removal_policy=cdk.RemovalPolicy.RETAIN)
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)
    resource.retention_in_days = days
    resource.kms_key_id = key_arn or None
    return group
