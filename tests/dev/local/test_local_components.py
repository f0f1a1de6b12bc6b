"""Parts of the local deployment whose errors no other test would show."""

import base64
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.presigned import TokenBucket
from local.deployment import LocalDeployment
from local.evaluator import Access, Evaluator, EvaluatorError
from local.events import HttpRequest, answer_of, event_of, find_route
from local.resolved_template import Route
from local.sample import Sample, SampleError
from local.template import Resolver, UnknownReferenceError
from testing.clock import Clock

ROUTES = [Route("GET", "/open", False), Route("GET", "/open/{notebook}", False), Route("POST", "/a/{b}/c.d", False)]


def _request(method: str = "GET", path: str = "/open/x", query: str = "", body: bytes = b"") -> HttpRequest:
    headers = [("Host", "127.0.0.1:8080"), ("Cookie", "a=1"), ("Cookie", "b=2"), ("User-Agent", "curl")]
    return HttpRequest(method, path, query, headers, body, "127.0.0.1", "id-1")


@pytest.mark.parametrize(
    ("method", "path", "parameters"),
    [
        ("GET", "/open", {}),
        ("GET", "/open/x", {"notebook": "x"}),
        ("GET", "/open/a%2Fb", {"notebook": "a%2Fb"}),  # still encoded, as API Gateway leaves it
        ("POST", "/a/1/c.d", {"b": "1"}),
        ("POST", "/a/1/cxd", None),
        ("POST", "/open", None),
        ("GET", "/open/x/y", None),
        ("GET", "/open/", {}),
        ("GET", "/open/x/", {"notebook": "x"}),
        ("GET", "/open//", None),
        ("GET", "//", None),
    ],
)
def test_a_request_takes_the_route_of_its_method_and_path(
    method: str, path: str, parameters: dict[str, str] | None
) -> None:
    match = find_route(ROUTES, _request(method, path))
    assert (match.parameters if match else None) == parameters


def test_the_event_is_that_of_api_gateway(event_shape: dict[str, Any]) -> None:
    match = find_route(ROUTES, _request())
    assert match
    request = _request(query="a=1&a=2&b=%20", body=b"x=1")
    event = event_of(request, match, stage="prod", base_path="/prod", user_arn=None)

    assert set(event) == set(event_shape)
    assert set(event["requestContext"]) <= set(event_shape["requestContext"]) | {"resourceId", "domainPrefix"}
    assert event["multiValueHeaders"]["Cookie"] == ["a=1", "b=2"]
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [" "]}
    assert event["requestContext"]["path"] == "/prod/open/x"
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert (event["body"], event["isBase64Encoded"]) == ("x=1", False)
    binary = event_of(dataclasses.replace(request, body=b"\xff"), match, stage="prod", base_path="", user_arn="arn:x")
    assert (base64.b64decode(binary["body"]), binary["isBase64Encoded"]) == (b"\xff", True)
    assert binary["requestContext"]["identity"]["userArn"] == "arn:x"


@pytest.mark.parametrize("nonsense", [None, "text", {}, {"statusCode": "200"}])
def test_a_malformed_result_is_rejected(nonsense: Any) -> None:
    with pytest.raises(ValueError, match="status code"):
        answer_of(nonsense)


def test_an_answer_keeps_every_cookie() -> None:
    answer = answer_of({"statusCode": 302, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": ""})
    assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize("unknown", [{"Ref": "Nothing"}, {"Fn::GetAtt": ["Nothing", "Arn"]}, {"Fn::Sub": "x"}])
def test_an_unsupported_reference_is_an_error(unknown: dict[str, Any]) -> None:
    with pytest.raises(UnknownReferenceError):
        Resolver({"Resources": {}}).resolve({"a": [unknown]})


ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "sagemaker:StopNotebookInstance", "Resource": "*"}
ACCESS = Access(
    action="sagemaker:StopNotebookInstance",
    resource="arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/x",
    account="123456789012",
    principal="arn:aws:sts::123456789012:assumed-role/a/b",
    identity_policies=({"Version": "2012-10-17", "Statement": [ALLOW]},),
)


def test_the_evaluator_allows_denies_and_rejects_unknown_names() -> None:
    with Evaluator() as evaluator:
        assert evaluator.allows(ACCESS)
        assert not evaluator.allows(dataclasses.replace(ACCESS, identity_policies=()))
        everybody = {**ALLOW, "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}
        for bad in (
            dataclasses.replace(ACCESS, identity_policies=({"Version": "2012-10-17", "Statement": [everybody]},)),
            dataclasses.replace(ACCESS, action="sagemaker:StopNotebook"),
            dataclasses.replace(ACCESS, context={"aws:SourceIpp": "1.2.3.4"}),
            dataclasses.replace(ACCESS, identity_policies=({"Version": "2012-10-17", "Statment": [ALLOW]},)),
        ):
            with pytest.raises(EvaluatorError):
                evaluator.allows(bad)
        assert evaluator.allows(ACCESS)
    with pytest.raises(EvaluatorError, match="ended"):
        evaluator.allows(ACCESS)


def test_a_partiql_statement_takes_fifty_keys_and_pages_its_items(deployment: LocalDeployment) -> None:
    table, dynamodb = deployment.template.table["TableName"], deployment.operator("dynamodb")
    for number in range(13):
        item = {"principal": {"S": "group:many"}, "notebook": {"S": f"n{number:03}"}}
        dynamodb.put_item(TableName=table, Item=item)

    def read(statement: str, *values: str, **more: Any) -> tuple[list[str], dict[str, str]]:
        parameters = [{"S": value} for value in values]
        answer = dynamodb.execute_statement(Statement=statement, Parameters=parameters, **more)
        token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else {}
        return [item["notebook"]["S"] for item in answer["Items"]], token

    select = f'SELECT * FROM "{table}" WHERE "principal" IN [?,?]'
    found, token = read(select, "group:many", "user:alice@example.com")
    while token:
        page, token = read(select, "group:many", "user:alice@example.com", **token)
        found += page
    assert found == [*(f"n{number:03}" for number in range(13)), "alice-notebook"]

    fifty_one = f'SELECT * FROM "{table}" WHERE "principal" IN [{",".join("?" * 51)}]'
    for statement, values in ((fifty_one, ["x"] * 51), (select, ["one"]), ("SELECT x", [])):
        with pytest.raises(ClientError, match="ValidationException"):
            read(statement, *(values or ["x"]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("people: [{email: nobody}]", "people.0.email = 'nobody'"),
        ("grants: [{principal: 'user:a@b', notebook: x, session: 60}]", "grants.0.session = 60"),
        ("grants: [{principal: somebody, notebook: x}]", "grants.0.principal"),
        ("notebooks: [{name: x, status: Running}]", "notebooks.0.status = 'Running'"),
        ("notebooks: [{name: -x}]", "notebooks.0.name"),
        ("nootbooks: []", "nootbooks"),
        ("{", "is not YAML"),
        ("- 1", "Sample"),
    ],
)
def test_an_invalid_sample_is_reported_with_key_and_value(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "sample.yaml"
    path.write_text(text)
    with pytest.raises(SampleError) as caught:
        Sample.load(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_the_last_day_of_a_grant_is_included() -> None:
    grant = {"principal": "user:a@b", "notebook": "x", "until": "2026-11-23"}
    sample = Sample.model_validate({"grants": [grant]})
    assert sample.grants[0].item()["until"] == {"N": "1795478400"}  # 2026-11-24T00:00:00Z


@pytest.mark.parametrize("now", [1795392000, 1795478399])  # 2026-11-23, 00:00:00 and 23:59:59 UTC
def test_tomorrow_is_the_day_after_the_present_one_and_is_included(tmp_path: Path, now: float) -> None:
    path = tmp_path / "sample.yaml"
    path.write_text("grants: [{principal: 'user:a@b', notebook: x, until: tomorrow}]")
    assert Sample.load(path, clock=lambda: now).grants[0].until == 1795564800  # 2026-11-25T00:00:00Z


def test_a_clock_that_goes_back_uses_up_no_calls() -> None:
    clock = Clock()
    bucket = TokenBucket(10, 10, clock)
    assert bucket.try_acquire()
    clock.ahead = -3
    assert bucket.try_acquire()
