"""Checks the grants table, which may be a restored one, and how many requests the account can serve at once."""

import math

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from gate.store.table import INDEX

SECONDS_OF_A_REQUEST = 0.1
"""The usual time of a request in the function (docs/speed.md)."""


def check_concurrency(deployed: Deployed) -> Outcomes:
    """Check that Lambda can serve as many requests at once as the API lets through. Raises `CommandError`."""
    limits = deployed.settings.limits
    with aws_errors():
        account = deployed.aws.client("lambda").get_account_settings()["AccountLimit"]
    reserved = limits.reserved_concurrency
    available = reserved or account["UnreservedConcurrentExecutions"]
    source = "limits.reserved_concurrency reserves" if reserved else "this account has"
    needed = math.ceil(limits.rate * SECONDS_OF_A_REQUEST)
    text = f"{source} {available} concurrent executions; {limits.rate} requests a second need about {needed}"
    if available >= needed:
        yield Outcome("ok", text)
        return
    fix = (
        "Above that, people get an error page of API Gateway (500). Raise limits.reserved_concurrency, "
        if reserved
        else "Above that, people get an error page of API Gateway (500). Ask Service Quotas for more concurrent "
        "executions of Lambda, "
    )
    yield Outcome("warning", text, f"{fix}or lower limits.rate.")


def check_table(deployed: Deployed) -> Outcomes:
    """Check that the table has what the gate needs. A restored table lacks some of it. Raises `CommandError`.

    Source: DynamoDB developer guide, "Restoring a table": what must be set up again.
    """
    name, problems = deployed.table, []
    with aws_errors():
        dynamodb = deployed.aws.client("dynamodb")
        table = dynamodb.describe_table(TableName=name)["Table"]
        ends = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    keys = [key["AttributeName"] for key in table["KeySchema"]]
    indexes = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])]
    if keys != ["principal", "notebook"]:
        yield Outcome("error", f"{name} has the keys {keys}", "It is no grants table: name another one and deploy.")
        return
    if deployed.settings.requests.approvers and INDEX not in indexes:
        text = f"{name} has no index {INDEX}, so owners do not see who has access"
        yield Outcome("error", text, "Restore the table with its indexes, or let the stack create one.")
        problems.append(text)
    command = "Run: aws dynamodb"
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    for wrong, text, fix in (
        (
            ends.get("AttributeName") != "until" or ends["TimeToLiveStatus"] not in ("ENABLED", "ENABLING"),
            f"{name} keeps rows that have ended",
            f"{command} update-time-to-live --table-name {name} "
            "--time-to-live-specification Enabled=true,AttributeName=until",
        ),
        (
            recovery != "ENABLED",
            f"{name} cannot be restored to a point in time",
            f"{command} update-continuous-backups --table-name {name} "
            "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
        ),
        (
            not table.get("DeletionProtectionEnabled"),
            f"{name} is not protected against deletion",
            f"{command} update-table --table-name {name} --deletion-protection-enabled",
        ),
    ):
        if wrong:
            yield Outcome("warning", text, fix)
            problems.append(text)
    if not problems:
        yield Outcome("ok", f"{name} is protected, and can be restored to a point in time")
