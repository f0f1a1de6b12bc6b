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
    more = (
        "Raise limits.reserved_concurrency"
        if reserved
        else "Ask Service Quotas for more concurrent executions of Lambda"
    )
    fix = f"Above that, people get an error page of API Gateway (500). {more}, or lower limits.rate."
    yield Outcome("warning", text, fix)


def check_table(deployed: Deployed) -> Outcomes:
    """Check that the table has what the gate needs. A restored table lacks some of it. Raises `CommandError`.

    Source: DynamoDB developer guide, "Restoring a table": what must be set up again.
    """
    ok = Outcome("ok", f"{deployed.table} is protected, and can be restored to a point in time")
    yield from list(_problems(deployed)) or [ok]


def _problems(deployed: Deployed) -> Outcomes:
    name = deployed.table
    with aws_errors():
        dynamodb = deployed.aws.client("dynamodb")
        table = dynamodb.describe_table(TableName=name)["Table"]
        ends = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    keys = [key["AttributeName"] for key in table["KeySchema"]]
    if keys != ["principal", "notebook"]:
        yield Outcome("error", f"{name} has the keys {keys}", "It is no grants table: name another one and deploy.")
        return
    indexes = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])]
    if deployed.settings.requests.approvers and INDEX not in indexes:
        text = f"{name} has no index {INDEX}, so owners do not see who has access"
        yield Outcome("error", text, "Restore the table with its indexes, or let the stack create one.")
    if ends.get("AttributeName") != "until" or ends["TimeToLiveStatus"] not in ("ENABLED", "ENABLING"):
        options = ("--time-to-live-specification", "Enabled=true,AttributeName=until")
        fix = _command(deployed, "update-time-to-live", *options)
        yield Outcome("warning", f"{name} keeps rows that have ended", fix)
    if backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
        options = ("--point-in-time-recovery-specification", "PointInTimeRecoveryEnabled=true")
        fix = _command(deployed, "update-continuous-backups", *options)
        yield Outcome("warning", f"{name} cannot be restored to a point in time", fix)
    if not table.get("DeletionProtectionEnabled"):
        fix = _command(deployed, "update-table", "--deletion-protection-enabled")
        yield Outcome("warning", f"{name} is not protected against deletion", fix)


def _command(deployed: Deployed, operation: str, *options: str) -> str:
    return f"Run: {deployed.lines.aws('dynamodb', operation, '--table-name', deployed.table, *options)}"
