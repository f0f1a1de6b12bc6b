"""Removes inline policies of the launch role, which no function may do."""

from cli.aws import aws_errors
from gate.launch.denies.launch_role import LaunchRolePolicies


def remove_policy(role: LaunchRolePolicies, policy: str) -> None:
    """Remove the inline policy `policy` of `role` if it exists. Raises `CommandError`."""
    with aws_errors(ignore=["NoSuchEntity"]):
        role.iam.delete_role_policy(RoleName=role.role, PolicyName=policy)
