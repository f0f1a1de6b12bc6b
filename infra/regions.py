"""What an AWS region lacks. CloudFormation would find out in the middle of a deployment."""

from aws_cdk.region_info import RegionInfo

from infra.settings import Settings
from infra.settings_errors import SettingsError

REGIONS_WITHOUT_SNAP_START = frozenset({"ap-east-2", "ap-southeast-6"})
"""Commercial regions without it (Lambda developer guide, "Improving startup performance with Lambda SnapStart")."""

PARTITIONS_WITH_USER_POOLS = frozenset({"aws", "aws-us-gov"})
"""Partitions with Amazon Cognito user pools (AWS General Reference, "Amazon Cognito Identity endpoints")."""


def check_region(settings: Settings, region: str) -> None:
    """Check that the resources for `settings` exist in `region`, such as `us-gov-west-1`.

    Raises `SettingsError` that lists all settings to change. A region that the CDK does not know is not checked.
    """
    partition = RegionInfo.get(region).partition
    if partition is None:
        return
    lacks_snap_start = partition != "aws" or region in REGIONS_WITHOUT_SNAP_START
    problems = [
        (
            settings.snap_start and lacks_snap_start,
            f"snap_start = true needs Lambda SnapStart for Python, which {region} lacks; write snap_start = false",
        ),
        (
            not settings.identity.issuer and partition not in PARTITIONS_WITH_USER_POOLS,
            f"identity.issuer is empty, and {region} has no Amazon Cognito user pools; write the issuer of your own "
            "identity provider",
        ),
        (
            settings.stack.tracing and partition == "aws-cn",
            f"stack.tracing = true needs AWS X-Ray for Lambda, which {region} lacks; write tracing = false",
        ),
    ]
    found = [f"gate.toml: {text}" for broken, text in problems if broken]
    if found:
        raise SettingsError("\n".join(found))
