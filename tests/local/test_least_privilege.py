"""What the function's own credentials can do, asked of the running stand-in with a real AWS client."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.aws.authority import FUNCTION_KEY
from local.deployment import LocalDeployment
from local.template import REGION
from trials.user import TestUser

Make = Callable[[str], Any]
OTHER_SECRET = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:other-AbCdEf"
OTHER_ROLE = "arn:aws:iam::123456789012:role/Administrator"


@pytest.fixture
def function(deployment: LocalDeployment) -> Make:
    """Clients with the function's credentials, whose calls leave by the NAT gateway."""
    return client_maker(deployment.aws.function_url, FUNCTION_KEY)


def client_maker(url: str, key: str, region: str = REGION) -> Make:
    """Return what makes AWS clients that sign with `key`."""

    def client(service: str) -> Any:
        options = {"aws_access_key_id": key, "aws_secret_access_key": "local", "aws_session_token": "local"}
        return boto3.client(service, endpoint_url=url, region_name=region, **options)

    return client


def refused(call: Callable[[], Any]) -> bool:
    """Tell whether AWS denies `call`; any other error is none of these tests' business."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert code in {"AccessDenied", "AccessDeniedException"}, code
        return True
    return False


def _select(dynamodb: Any, statement: str) -> Callable[[], Any]:
    parameters = [{"S": "user:alice@example.com"}] if "?" in statement else []
    return lambda: dynamodb.execute_statement(Statement=statement, **({"Parameters": parameters} if parameters else {}))


def test_the_grants_can_be_read_by_principal_and_in_no_other_way(deployment: LocalDeployment, function: Make) -> None:
    table, dynamodb = deployment.template.table["TableName"], function("dynamodb")
    item = {"principal": {"S": "user:mallory@example.com"}, "notebook": {"S": "alice-notebook"}}

    assert not refused(_select(dynamodb, f'SELECT * FROM "{table}" WHERE "principal" IN [?]'))
    assert refused(_select(dynamodb, f'SELECT * FROM "{table}"'))
    assert refused(_select(dynamodb, 'SELECT * FROM "other" WHERE "principal" IN [?]'))
    assert refused(lambda: dynamodb.scan(TableName=table))
    assert refused(lambda: dynamodb.put_item(TableName=table, Item=item))
    named = {"Keys": [item], "ConsistentRead": True}
    assert not refused(lambda: dynamodb.batch_get_item(RequestItems={table: named}))
    assert refused(lambda: dynamodb.batch_get_item(RequestItems={"other": named}))
    # A person's own cutoff, and never everybody's.
    for whose, may in (("user:mallory@example.com", True), ("*", False), ("slack:T0LOCAL/U0ALICE", False), ("", False)):
        cutoff = {"principal": {"S": f"cutoff:{whose}"}, "notebook": {"S": "-"}}
        assert refused(lambda: dynamodb.put_item(TableName=table, Item=cutoff)) is not may  # noqa: B023
    adding_to_cutoff = {"UpdateExpression": "ADD #b :one", "ExpressionAttributeNames": {"#b": "before"}}
    adding_to_cutoff |= {"ExpressionAttributeValues": {":one": {"N": "1"}}}
    theirs = {"principal": {"S": "cutoff:user:alice@example.com"}, "notebook": {"S": "-"}}
    assert refused(lambda: dynamodb.update_item(TableName=table, Key=theirs, **adding_to_cutoff))
    once = {"principal": {"S": "replay:ticket/x"}, "notebook": {"S": "-"}}
    assert not refused(lambda: dynamodb.put_item(TableName=table, Item=once))
    assert refused(lambda: dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": once}}]}))
    line = {"principal": {"S": "queue:home"}, "notebook": {"S": "-"}}
    adding = {"UpdateExpression": "ADD #last :one", "ExpressionAttributeNames": {"#last": "last"}}
    adding |= {"ExpressionAttributeValues": {":one": {"N": "1"}}}
    assert not refused(lambda: dynamodb.update_item(TableName=table, Key=line, **adding))
    assert not refused(lambda: dynamodb.put_item(TableName=table, Item=line))
    assert refused(lambda: dynamodb.update_item(TableName=table, Key=item, **adding))
    # A report is filled in, and made, read and removed by operators alone.
    report = {"principal": {"S": "report:x"}, "notebook": {"S": "-"}}
    assert not refused(lambda: dynamodb.update_item(TableName=table, Key=report, **adding))
    assert refused(lambda: dynamodb.put_item(TableName=table, Item=report))
    assert refused(lambda: dynamodb.delete_item(TableName=table, Key=report))
    assert refused(lambda: dynamodb.get_item(TableName=table, Key=report))
    assert refused(lambda: dynamodb.delete_item(TableName=table, Key=item))
    assert refused(lambda: dynamodb.delete_table(TableName=table))


def test_its_own_secret_can_be_read_and_none_can_be_written(deployment: LocalDeployment, function: Make) -> None:
    secrets, own = function("secretsmanager"), deployment.template.environment["GATE_SESSION_SECRET_ARN"]

    assert not refused(lambda: secrets.get_secret_value(SecretId=own))
    assert refused(lambda: secrets.get_secret_value(SecretId=OTHER_SECRET))
    assert refused(lambda: secrets.put_secret_value(SecretId=own, SecretString="known"))


def test_it_can_invoke_itself_and_no_other_function(deployment: LocalDeployment, function: Make) -> None:
    invoker, own = function("lambda"), deployment.template.function_arn
    event = {"InvocationType": "Event", "Payload": b'{"slack": {}}'}

    assert not refused(lambda: invoker.invoke(FunctionName=own, **event))
    assert refused(lambda: invoker.invoke(FunctionName=f"{own}-2", **event))
    assert refused(lambda: invoker.invoke(FunctionName=own.rpartition(":")[0] + ":other", **event))


def test_the_launch_role_can_be_assumed_and_no_other(deployment: LocalDeployment, function: Make) -> None:
    sts, own = function("sts"), deployment.template.launch_role.arn

    assert not refused(lambda: sts.assume_role(RoleArn=own, RoleSessionName="x1", SourceIdentity="x1"))
    assert refused(lambda: sts.assume_role(RoleArn=OTHER_ROLE, RoleSessionName="x1"))
    tagged = {"RoleArn": own, "RoleSessionName": "x1", "Tags": [{"Key": "a", "Value": "b"}]}
    assert refused(lambda: sts.assume_role(**tagged))


def test_it_opens_no_notebook_in_its_own_name(function: Make) -> None:
    sagemaker = function("sagemaker")
    named = {"NotebookInstanceName": "alice-notebook"}

    assert refused(lambda: sagemaker.create_presigned_notebook_instance_url(**named))
    assert refused(lambda: sagemaker.describe_notebook_instance(**named))
    assert refused(lambda: sagemaker.delete_notebook_instance(**named))
    assert refused(lambda: sagemaker.list_notebook_instances())


def test_nobody_can_do_anything_without_credentials_that_are_known(deployment: LocalDeployment) -> None:
    stranger = client_maker(deployment.aws.url, "AKIASTRANGERSTRANGER")
    assert refused(lambda: stranger("sagemaker").describe_notebook_instance(NotebookInstanceName="alice-notebook"))
    operator = client_maker(deployment.aws.url, deployment.authority.operator_key)
    assert not refused(lambda: operator("sagemaker").list_notebook_instances())


def test_the_callers_session_goes_as_far_as_the_grants_power(deployment: LocalDeployment) -> None:
    def may(email: str, notebook: str, operation: str) -> bool:
        TestUser(deployment).open(f"/open/{notebook}", email)
        arn = f"arn:aws:sagemaker:{REGION}:123456789012:notebook-instance/{notebook}"
        creator = deployment.urls.made[-1].creator
        return deployment.authority.allows(creator, f"sagemaker:{operation}", arn, "198.51.100.99")

    assert may("alice@example.com", "alice-notebook", "DescribeNotebookInstance")
    assert may("alice@example.com", "alice-notebook", "StopNotebookInstance")
    assert may("bob@example.com", "bob-notebook", "DescribeNotebookInstance")
    assert not may("bob@example.com", "bob-notebook", "StopNotebookInstance")
    assert not may("bob@example.com", "bob-notebook", "StartNotebookInstance")
    assert not may("alice@example.com", "alice-notebook", "DeleteNotebookInstance")
