"""What the function's credentials permit, tried at the fake AWS with a real AWS client."""

from collections.abc import Callable
from typing import Any

import pytest

from local.aws.authority import FUNCTION_KEY
from local.aws.clients import ClientOf, clients
from local.deployment import LocalDeployment
from local.template import REGION
from testing.aws_clients import is_denied
from testing.user import TestUser

OTHER_SECRET = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:other-AbCdEf"
OTHER_ROLE = "arn:aws:iam::123456789012:role/Administrator"


@pytest.fixture
def function(deployment: LocalDeployment) -> ClientOf:
    """Clients with the function's credentials, whose calls come from the NAT gateway."""
    return clients(deployment.aws.function_url, FUNCTION_KEY)


def _select(dynamodb: Any, statement: str) -> Callable[[], Any]:
    parameters = [{"S": "user:alice@example.com"}] if "?" in statement else []
    return lambda: dynamodb.execute_statement(Statement=statement, **({"Parameters": parameters} if parameters else {}))


def test_the_table_can_be_read_by_key_only(deployment: LocalDeployment, function: ClientOf) -> None:
    table, dynamodb = deployment.template.table["TableName"], function("dynamodb")
    item = {"principal": {"S": "user:mallory@example.com"}, "notebook": {"S": "alice-notebook"}}

    assert not is_denied(_select(dynamodb, f'SELECT * FROM "{table}" WHERE "principal" IN [?]'))
    assert is_denied(_select(dynamodb, f'SELECT * FROM "{table}"'))
    assert is_denied(_select(dynamodb, 'SELECT * FROM "other" WHERE "principal" IN [?]'))
    assert is_denied(lambda: dynamodb.scan(TableName=table))
    assert is_denied(lambda: dynamodb.put_item(TableName=table, Item=item))
    named = {"Keys": [item], "ConsistentRead": True}
    assert not is_denied(lambda: dynamodb.batch_get_item(RequestItems={table: named}))
    assert is_denied(lambda: dynamodb.batch_get_item(RequestItems={"other": named}))
    # The cutoff of a user may be written, that of all users may not.
    for whose, may in (("user:mallory@example.com", True), ("*", False), ("slack:T0LOCAL/U0ALICE", False), ("", False)):
        cutoff = {"principal": {"S": f"cutoff:{whose}"}, "notebook": {"S": "-"}}
        assert is_denied(lambda: dynamodb.put_item(TableName=table, Item=cutoff)) is not may  # noqa: B023
    adding_to_cutoff = {"UpdateExpression": "ADD #b :one", "ExpressionAttributeNames": {"#b": "before"}}
    adding_to_cutoff |= {"ExpressionAttributeValues": {":one": {"N": "1"}}}
    theirs = {"principal": {"S": "cutoff:user:alice@example.com"}, "notebook": {"S": "-"}}
    assert is_denied(lambda: dynamodb.update_item(TableName=table, Key=theirs, **adding_to_cutoff))
    claim = {"principal": {"S": "replay:ticket/x"}, "notebook": {"S": "-"}}
    assert not is_denied(lambda: dynamodb.put_item(TableName=table, Item=claim))
    assert is_denied(lambda: dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": claim}}]}))
    queue = {"principal": {"S": "queue:home"}, "notebook": {"S": "-"}}
    adding = {"UpdateExpression": "ADD #last :one", "ExpressionAttributeNames": {"#last": "last"}}
    adding |= {"ExpressionAttributeValues": {":one": {"N": "1"}}}
    assert not is_denied(lambda: dynamodb.update_item(TableName=table, Key=queue, **adding))
    assert not is_denied(lambda: dynamodb.put_item(TableName=table, Item=queue))
    assert is_denied(lambda: dynamodb.update_item(TableName=table, Key=item, **adding))
    # The function adds to a report. Only operators create, read and delete one.
    report = {"principal": {"S": "report:x"}, "notebook": {"S": "-"}}
    assert not is_denied(lambda: dynamodb.update_item(TableName=table, Key=report, **adding))
    assert is_denied(lambda: dynamodb.put_item(TableName=table, Item=report))
    assert is_denied(lambda: dynamodb.delete_item(TableName=table, Key=report))
    assert is_denied(lambda: dynamodb.get_item(TableName=table, Key=report))
    assert is_denied(lambda: dynamodb.delete_item(TableName=table, Key=item))
    assert is_denied(lambda: dynamodb.delete_table(TableName=table))


def test_only_the_gates_own_secret_can_be_read_and_none_written(
    deployment: LocalDeployment, function: ClientOf
) -> None:
    secrets, own = function("secretsmanager"), deployment.template.environment["GATE_SESSION_SECRET_ARN"]

    assert not is_denied(lambda: secrets.get_secret_value(SecretId=own))
    assert is_denied(lambda: secrets.get_secret_value(SecretId=OTHER_SECRET))
    assert is_denied(lambda: secrets.put_secret_value(SecretId=own, SecretString="known"))


def test_the_function_can_invoke_only_itself(deployment: LocalDeployment, function: ClientOf) -> None:
    invoker, own = function("lambda"), deployment.template.function.arn
    event = {"InvocationType": "Event", "Payload": b'{"slack": {}}'}

    assert not is_denied(lambda: invoker.invoke(FunctionName=own, **event))
    assert is_denied(lambda: invoker.invoke(FunctionName=f"{own}-2", **event))
    assert is_denied(lambda: invoker.invoke(FunctionName=own.rpartition(":")[0] + ":other", **event))


def test_only_the_launch_role_can_be_assumed(deployment: LocalDeployment, function: ClientOf) -> None:
    sts, own = function("sts"), deployment.template.launch_role.arn

    assert not is_denied(lambda: sts.assume_role(RoleArn=own, RoleSessionName="x1", SourceIdentity="x1"))
    assert is_denied(lambda: sts.assume_role(RoleArn=OTHER_ROLE, RoleSessionName="x1"))
    tagged = {"RoleArn": own, "RoleSessionName": "x1", "Tags": [{"Key": "a", "Value": "b"}]}
    assert is_denied(lambda: sts.assume_role(**tagged))


def test_the_function_role_itself_cannot_open_a_notebook(function: ClientOf) -> None:
    sagemaker = function("sagemaker")
    named = {"NotebookInstanceName": "alice-notebook"}

    assert is_denied(lambda: sagemaker.create_presigned_notebook_instance_url(**named))
    assert is_denied(lambda: sagemaker.describe_notebook_instance(**named))
    assert is_denied(lambda: sagemaker.delete_notebook_instance(**named))
    assert is_denied(lambda: sagemaker.list_notebook_instances())


def test_unknown_credentials_are_denied(deployment: LocalDeployment) -> None:
    stranger = clients(deployment.aws.url, "AKIASTRANGERSTRANGER")
    assert is_denied(lambda: stranger("sagemaker").describe_notebook_instance(NotebookInstanceName="alice-notebook"))
    operator = clients(deployment.aws.url, deployment.authority.operator_key)
    assert not is_denied(lambda: operator("sagemaker").list_notebook_instances())


def test_the_session_of_a_caller_permits_what_the_grants_power_permits(deployment: LocalDeployment) -> None:
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


def test_the_session_of_the_list_permits_describing_the_callers_notebooks_only(deployment: LocalDeployment) -> None:
    sessions = deployment.authority.sessions.by_key
    before = set(sessions)
    page = TestUser(deployment).open("/", "bob@example.com").text
    assert page.count("<strong>Running</strong>") == 3
    (key,) = sessions.keys() - before
    assert sessions[key].session_name == "bob@example.com"
    client = clients(deployment.aws.function_url, key)("sagemaker")
    for name, granted in (("bob-notebook", True), ("shared-notebook", True), ("alice-notebook", False)):
        named = {"NotebookInstanceName": name}
        assert is_denied(lambda: client.describe_notebook_instance(**named)) is not granted  # noqa: B023
        assert is_denied(lambda: client.create_presigned_notebook_instance_url(**named))  # noqa: B023
        assert is_denied(lambda: client.start_notebook_instance(**named))  # noqa: B023
        assert is_denied(lambda: client.stop_notebook_instance(**named))  # noqa: B023
    assert is_denied(lambda: client.list_notebook_instances())
