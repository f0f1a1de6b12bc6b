"""Log groups whose logs are kept as long as the settings say, and no longer."""

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct


def log_group(scope: Construct, construct_id: str, *, days: int) -> logs.LogGroup:
    """Make a log group that keeps its lines for `days` days, and outlives the stack: it is the audit trail."""
    group = logs.LogGroup(scope, construct_id, removal_policy=cdk.RemovalPolicy.RETAIN)
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)
    resource.retention_in_days = days
    return group
