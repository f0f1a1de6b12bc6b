"""`gate doctor` on the grants table and on concurrency; `gate --table` on a table without a stack."""

import pytest
import yaml

from local.aws.seed import create_table
from local.deployment import LocalDeployment
from local.sample import Sample
from testing.aws_command import AwsCommand
from tests.cli.conftest import Gate
from tests.cli.doctor_checks import change_response, checks_by_name


@pytest.mark.parametrize(
    ("unreserved", "level", "text"),
    [
        (1000, "ok", "this account has 1000 concurrent executions; 200 requests a second need about 20"),
        (20, "ok", "this account has 20 concurrent executions; 200 requests a second need about 20"),
        (10, "warning", "this account has 10 concurrent executions; 200 requests a second need about 20"),
    ],
)
def test_the_accounts_concurrency_is_compared_with_the_rate(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, unreserved: int, level: str, text: str
) -> None:
    limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": unreserved}
    change_response(deployment, monkeypatch, "GetAccountSettings", AccountLimit=limit)
    found = checks_by_name(gate)["concurrency"]
    assert (found["level"], found["text"]) == (level, text)
    assert ("lower limits.rate" in found["fix"]) is (level == "warning")


def test_what_a_restored_table_lacks_is_named_with_the_command(gate: Gate, deployment: LocalDeployment) -> None:
    dynamodb, name = deployment.operator("dynamodb"), deployment.template.table["TableName"]
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": False, "AttributeName": "until"})
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    checks = [each for each in gate("doctor", "--json").json["checks"] if each["name"] == "table"]
    assert [each["text"].removeprefix(f"{name} ") for each in checks] == [
        "keeps rows that have ended",
        "cannot be restored to a point in time",
        "is not protected against deletion",
    ]
    for each in checks:
        AwsCommand.parse(each["fix"].removeprefix("Run: ")).send(deployment.operator)
    assert checks_by_name(gate)["table"]["level"] == "ok"


def test_a_table_without_a_stack_is_listed_and_exported(
    gate: Gate, deployment: LocalDeployment, sample: Sample
) -> None:
    table = {**deployment.template.table, "TableName": "left-grants"}
    create_table(deployment.operator, table, sample.grants[:1])
    try:
        (row,) = gate("--table", "left-grants", "grants", "list", "--json").json["grants"]
        exported = yaml.safe_load(gate("--table", "left-grants", "grants", "export").out)
        assert [each["principal"] for each in exported["grants"]] == [row["principal"]]
        refused = gate("--table", "left-grants", "doctor")
        assert "--table: this command needs a stack" in refused.out + refused.err
    finally:
        dynamodb = deployment.operator("dynamodb")
        dynamodb.update_table(TableName="left-grants", DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName="left-grants")
    missing = gate("--table", "left-grants", "grants", "list")
    assert (missing.code, "There is no table left-grants" in missing.err) == (1, True)
    both = gate("--table", "x", "--stack", "y", "grants", "list")
    assert (both.code, "not both" in both.err) == (2, True)
