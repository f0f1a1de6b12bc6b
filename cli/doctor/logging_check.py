"""Checks the role with which API Gateway writes its logs. An account has one in each region."""

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes

OUTPUT = "ApiLoggingRoleArn"
"""The output of the stack, if it sets the role."""


def check_logging_role(deployed: Deployed) -> Outcomes:
    """Check that the account's role is that of the stack, or that of the organisation. Raises `CommandError`."""
    with aws_errors():
        role = deployed.aws.client("apigateway").get_account().get("cloudwatchRoleArn", "")
    if deployed.settings.stack.api_logging_role:
        if role == deployed.outputs.get(OUTPUT):
            yield Outcome("ok", "API Gateway writes its logs with the role of this stack")
            return
        text = f"API Gateway writes its logs with {role or 'no role'}, which is not the role of this stack"
        fix = "If your organisation manages this role, write stack.api_logging_role = false. If not, deploy again."
        yield Outcome("warning", text, fix)
    elif role:
        yield Outcome("ok", f"API Gateway writes its logs with {role}")
    else:
        text = "API Gateway has no role in this account and region, and writes no access log"
        yield Outcome("error", text, "Have your organisation set one, or write stack.api_logging_role = true.")
