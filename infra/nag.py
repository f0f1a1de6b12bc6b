"""Acknowledgement of cdk-nag findings: each on its own construct, with the reason."""

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge_finding(construct: IConstruct, rule: str, reason: str) -> None:
    """Acknowledge the finding `rule` of the AwsSolutions pack on `construct` and everything below it.

    `rule`: such as "APIG3", or "IAM5[Resource::*]" for a rule that can have several findings on one construct.
    """
    # An acknowledgement without the pack's prefix matches nothing, and CDK does not report it.
    identifier = f"AwsSolutions::AwsSolutions-{rule}"
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=identifier, reason=reason))
