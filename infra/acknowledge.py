"""Findings of cdk-nag that we know of, each acknowledged on its own construct with the reason."""

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept the finding `rule` of the AwsSolutions pack on `construct` and all below it.

    `rule`: such as "APIG3", or "IAM5[Resource::*]" for a rule that can find several things on one construct.
    """
    # Without the pack's prefix an acknowledgement silently matches nothing.
    identifier = f"AwsSolutions::AwsSolutions-{rule}"
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=identifier, reason=reason))
