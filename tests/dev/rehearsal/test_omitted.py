"""What the rehearsal leaves out is what the emulator lacks: each entry fails here when the emulator has learned it."""

import io
import json
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.template import ACCOUNT, REGION
from rehearsal.emulator import Emulator
from rehearsal.omitted import OMITTED

Clients = Callable[..., Any]
POLICY_VERSION = "2012-10-17"
HANDLER = "def handler(event, context):\n    return {'statusCode': 200, 'body': context.invoked_function_arn}\n"


def _deployed(client: Clients, resource: dict[str, Any], output: Any = "x", **others: Any) -> str | None:
    """Return the output of a stack with the resource `R` and `others`, or None where it can't be deployed."""
    template = {"Resources": {"R": resource, **others}, "Outputs": {"O": {"Value": output}}}
    cloudformation, name = client("cloudformation"), f"s{uuid.uuid4().hex}"
    try:
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
        )
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        return str(stack["Outputs"][0]["OutputValue"])
    except Exception:  # noqa: BLE001  an emulator refuses in many ways
        return None


def _alarm(client: Clients) -> bool:
    metric = {"Namespace": "N", "MetricName": "M"}
    metrics = [
        {"Id": "m", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 4)"},
    ]
    properties = {"Metrics": metrics, "ThresholdMetricId": "band", "EvaluationPeriods": 3}
    operator = {"ComparisonOperator": "GreaterThanUpperThreshold"}
    return _deployed(client, {"Type": "AWS::CloudWatch::Alarm", "Properties": {**properties, **operator}}) is not None


def _provider_url(client: Clients) -> bool:
    url = _deployed(client, {"Type": "AWS::Cognito::UserPool"}, {"Fn::GetAtt": ["R", "ProviderURL"]})
    return bool(url and url.startswith("https://"))


def _secret(client: Clients) -> bool:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "x"}}
    return (_deployed(client, secret, {"Ref": "R"}) or "").startswith("arn:")


def _waits_for_snapshot(client: Clients) -> bool:
    code = {"ZipFile": f"import time\ntime.sleep(3)\n{HANDLER}"}
    role = f"arn:aws:iam::{ACCOUNT}:role/none"
    function = {"Runtime": "python3.13", "Handler": "index.handler", "Role": role, "Code": code}
    snapshots = {"SnapStart": {"ApplyOn": "PublishedVersions"}}
    version = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}}
    others = {"F": {"Type": "AWS::Lambda::Function", "Properties": {**function, **snapshots}}}
    arn = _deployed(client, version, {"Ref": "R"}, **others)
    assert arn, "the version cannot be deployed"
    state = client("lambda").get_function_configuration(FunctionName=arn)["State"]
    return str(state) == "Active"


def _allowed(client: Clients, statement: dict[str, Any], call: Callable[[Any, str], Any]) -> bool:
    """Return whether a user with `statement` may make `call`, given a DynamoDB client and a table's name."""
    name, iam = f"t{uuid.uuid4().hex}", client("iam")
    keys = [{"AttributeName": "principal", "KeyType": "HASH"}]
    attributes = [{"AttributeName": "principal", "AttributeType": "S"}]
    client("dynamodb").create_table(
        TableName=name, KeySchema=keys, AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST"
    )
    iam.create_user(UserName=name)
    resource = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    document = {"Version": POLICY_VERSION, "Statement": [{"Effect": "Allow", "Resource": resource, **statement}]}
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    try:
        call(client("dynamodb", key["AccessKeyId"], key["SecretAccessKey"]), name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


def _partiql(client: Clients) -> bool:
    lookup = {"Action": "dynamodb:PartiQLSelect", "Condition": {"Bool": {"dynamodb:FullTableScan": "false"}}}

    def select(dynamodb: Any, table: str) -> None:
        statement = f'SELECT * FROM "{table}" WHERE "principal" IN [\'q:1\']'
        dynamodb.execute_statement(Statement=statement)

    return _allowed(client, lookup, select)


def _leading_keys(client: Clients) -> bool:
    keys = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["q:*"]}, "Null": {"dynamodb:LeadingKeys": "false"}}

    def put(dynamodb: Any, table: str) -> None:
        dynamodb.put_item(TableName=table, Item={"principal": {"S": "q:1"}})

    return _allowed(client, {"Action": "dynamodb:PutItem", "Condition": keys}, put)


def _table_settings(client: Clients) -> bool:
    """Whether a deployed table has either of them."""
    name = "deployed-table"
    properties = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "principal", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "principal", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    assert _deployed(client, {"Type": "AWS::DynamoDB::Table", "Properties": properties}) is not None
    dynamodb = client("dynamodb")
    ends = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return "ENABLED" in (ends, recovery)


def _restores_an_earlier_moment(client: Clients) -> bool:
    """Whether a row that was written after the moment is absent in the restored table."""
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName="lost",
        KeySchema=[{"AttributeName": "principal", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "principal", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="lost", Item={"principal": {"S": "x"}})
    dynamodb.restore_table_to_point_in_time(
        SourceTableName="lost",
        TargetTableName="found",
        RestoreDateTime=time.time() - 60,
        UseLatestRestorableTime=False,
    )
    return not dynamodb.scan(TableName="found")["Items"]


@pytest.fixture(scope="module")
def called(client: Clients, emulator: Emulator) -> Callable[..., str]:
    """Calls a function's alias through an API, whose host name ends in the given one; returns what it answers.

    The function has no permission for API Gateway, and the API's method `PUT` came after the deployment.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("m.py", HANDLER)
    functions, apis = client("lambda"), client("apigateway")
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": POLICY_VERSION, "Statement": [trust]})
    client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=document)
    code = {"ZipFile": archive.getvalue()}
    functions.create_function(FunctionName="f", Runtime="python3.13", Role=role, Handler="m.handler", Code=code)
    version = functions.publish_version(FunctionName="f")["Version"]
    alias = functions.create_alias(FunctionName="f", Name="live", FunctionVersion=version)["AliasArn"]
    api = apis.create_rest_api(name="a")["id"]
    (root,) = apis.get_resources(restApiId=api)["items"]
    method = {"restApiId": api, "resourceId": root["id"], "httpMethod": "GET"}
    apis.put_method(**method, authorizationType="NONE")
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{alias}/invocations"
    apis.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    apis.create_deployment(restApiId=api, stageName="prod")
    later = {**method, "httpMethod": "PUT"}
    apis.put_method(**later, authorizationType="NONE")
    apis.put_integration(**later, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)

    def call(host: str, method: str = "GET") -> str:
        headers = {"Host": f"{api}.execute-api.{host}"}
        request = urllib.request.Request(f"{emulator.url}/prod/", headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            error.close()
            return str(error.code)

    return call


def test_nothing_on_the_list_is_known_by_now(client: Clients, called: Callable[..., str]) -> None:
    address = {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}}
    gateway = {"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": "subnet-1", "ConnectivityType": "private"}}
    log = {"ResourceId": "vpc-1", "ResourceType": "VPC", "TrafficType": "REJECT", "LogGroupName": "g"}
    invoked = called("localhost")
    known = {
        "AWS::EC2::EIP": _deployed(client, address) is not None,
        "AWS::EC2::NatGateway": _deployed(client, gateway) is not None,
        "AWS::EC2::FlowLog": _deployed(client, {"Type": "AWS::EC2::FlowLog", "Properties": log}) is not None,
        "AWS::CloudWatch::Alarm with Metrics": _alarm(client),
        "ProviderURL of AWS::Cognito::UserPool": _provider_url(client),
        "Ref of AWS::SecretsManager::Secret as its ARN": _secret(client),
        "dynamodb:PartiQLSelect and FullTableScan in policies": _partiql(client),
        "dynamodb:LeadingKeys in policies": _leading_keys(client),
        "the alias's ARN as invoked_function_arn": invoked.endswith(":live"),
        "AWS::Lambda::Version waits for its snapshot": _waits_for_snapshot(client),
        "AWS::ApiGateway::Deployment as a snapshot": called("localhost", "PUT") == "403",
        "a function's permission for API Gateway": called("localhost") == "500",
        "time to live and recovery of an AWS::DynamoDB::Table": _table_settings(client),
        "RestoreTableToPointInTime to an earlier moment": _restores_an_earlier_moment(client),
        "the host name of an AWS::ApiGateway::RestApi": called(f"{REGION}.amazonaws.com").startswith("arn:"),
    }
    assert set(known) == {omission.what for omission in OMITTED}
    assert [what for what, is_known in known.items() if is_known] == [], "take it off the list in rehearsal/omitted.py"


def test_what_the_emulator_has_is_seen_as_known(client: Clients) -> None:
    log_group = {"Type": "AWS::Logs::LogGroup"}
    assert _deployed(client, log_group, {"Ref": "R"})
    unconditional = {"Action": "dynamodb:PutItem"}
    assert _allowed(
        client,
        unconditional,
        lambda dynamodb, table: dynamodb.put_item(TableName=table, Item={"principal": {"S": "x"}}),
    )
