"""Calls of AWS services: the same requests, responses, errors and retries as those of botocore's own client."""

import datetime
import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore import handlers
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError, NoCredentialsError
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.platform.aws.clients import CLIENT_CONFIG, aws_clients, client
from gate.platform.aws.service import USER_AGENT, Client, Service
from gate.platform.deadline import RESERVE, request_deadline
from infra.models import OPERATIONS
from tests.unit.platform.both_clients import (
    CALLS,
    KEY,
    KEYS,
    BothClients,
    Outcome,
    ScriptedAws,
    parameters_of,
    sent,
    success,
)

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture(scope="module")
def session() -> Any:
    session = botocore.session.get_session()
    session.set_credentials(*KEYS[:3])
    # Headers that only count attempts.
    session.unregister("request-created", handlers.add_retry_headers)
    return session


@pytest.fixture(autouse=True)
def time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.datetime(2026, 11, 30, 12, 0, 0)  # noqa: DTZ001  botocore's are in UTC, without a zone
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))  # before a retry
    monkeypatch.setattr("uuid.uuid4", lambda: "00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_a_request_and_its_response_are_those_of_botocores_client(
    session: Any, monkeypatch: pytest.MonkeyPatch, service: str, operation: str
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "gate")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    results, (theirs, ours) = BothClients(session, service).call(operation, success(operation))
    assert [sent(each) for each in ours.requests] == [sent(each) for each in theirs.requests]
    (request,) = ours.requests
    assert "Signature=" in request.headers["Authorization"]
    assert (request.headers["User-Agent"], request.headers["X-Amzn-Trace-Id"]) == (USER_AGENT, TRACE)
    assert results[0] == results[1]
    assert results[1]["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("service", OPERATIONS)
def test_the_endpoint_and_the_region_of_the_signature_are_those_of_botocores_client(session: Any, service: str) -> None:
    operation = sorted(OPERATIONS[service])[0]
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        for region in session.get_available_regions("dynamodb", partition_name=partition):
            _, (theirs, ours) = BothClients(session, service, region).call(operation, success(operation))
            assert ours.requests
            assert [sent(each) for each in ours.requests] == [sent(each) for each in theirs.requests], region


JSON, XML = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "7"}, {"Content-Type": "text/xml"}
OUTCOMES: Mapping[str, Outcome] = {
    "rows": (200, JSON, json.dumps({"Responses": {"grants": [KEY]}, "UnprocessedKeys": {}}).encode()),
    "with its checksum": (200, {**JSON, "x-amz-crc32": "2745614147"}, b"{}"),
    "changed on the way": (200, {**JSON, "x-amz-crc32": "1"}, b"{}"),
    "condition": (400, JSON, b'{"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}'),
    "cancelled": (400, JSON, json.dumps({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": [{"Code": "ConditionalCheckFailed", "Message": "no"}, {"Code": "None"}],
    }).encode()),
    "throttled": (400, JSON, b'{"__type": "ThrottlingException", "message": "slow down"}'),
    "denied": (403, JSON, b'{"__type": "AccessDeniedException", "Message": "alice may not"}'),
    "denied in XML": (403, XML, b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"),
    "unavailable": (503, {}, b"<html>busy</html>"),
    "internal": (500, JSON, b'{"__type": "InternalServerError"}'),
    "nothing": (502, {}, b""),
    "half of an answer": (200, JSON, b'{"Responses": {"gra'),
    "no XML": (200, XML, b"not XML"),
    "elsewhere": (302, {"Location": "https://example.com/"}, b""),
    "unknown": (418, JSON, b"[1, 2]"),
    "no connection": ConnectionClosedError(endpoint_url="https://aws"),
    "another error": HTTPClientError(error="x"),
    "a defect": ValueError("a defect"),
}  # fmt: skip


@pytest.fixture(scope="module")
def both(session: Any) -> dict[str, BothClients]:
    return {service: BothClients(session, service) for service in OPERATIONS}


@settings(max_examples=150, deadline=None)
@given(
    call=st.sampled_from(CALLS),
    outcomes=st.lists(st.sampled_from(list(OUTCOMES.values())), min_size=1, max_size=4),
)
def test_responses_errors_and_retries_are_those_of_botocores_client(
    both: dict[str, BothClients], call: tuple[str, str], outcomes: list[Outcome]
) -> None:
    service, operation = call
    results, (theirs, ours) = both[service].call(operation, *outcomes)
    assert results[0] == results[1]
    assert [sent(each) for each in ours.requests] == [sent(each) for each in theirs.requests]


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize(("service", "operation"), [
    ("dynamodb", "TransactWriteItems"), ("sts", "AssumeRole"), ("sagemaker", "CreatePresignedNotebookInstanceUrl"),
    ("lambda", "Invoke"), ("iam", "GetRolePolicy"),
])  # fmt: skip
def test_each_answer_has_the_outcome_of_botocores_client(
    session: Any, service: str, operation: str, outcome: str
) -> None:
    results, (theirs, ours) = BothClients(session, service).call(operation, OUTCOMES[outcome])
    assert results[0] == results[1]
    assert len(ours.requests) == len(theirs.requests)


def test_a_dependency_that_stays_down_is_not_asked_twice_forever(session: Any) -> None:
    """botocore limits the retries of a process, so that they do not keep down what is overloaded."""
    both = BothClients(session, "dynamodb")
    numbers = [[len(each.requests) for each in both.call("PutItem", OUTCOMES["unavailable"])[1]] for _ in range(60)]
    assert numbers[0] == [2, 2]
    assert numbers[-1] == [1, 1]
    assert all(theirs == ours for theirs, ours in numbers)
    for _ in range(100):  # successes give it back, step by step
        both.call("PutItem", OUTCOMES["rows"])
    assert [len(each.requests) for each in both.call("PutItem", OUTCOMES["unavailable"])[1]] == [2, 2]


def test_a_retried_write_has_the_token_of_its_first_attempt(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the time goes on, and tokens differ
    _, (_, ours) = BothClients(session, "dynamodb").call(
        "TransactWriteItems", OUTCOMES["no connection"], OUTCOMES["rows"]
    )
    _, (_, others) = BothClients(session, "dynamodb").call("TransactWriteItems", OUTCOMES["rows"])
    first, second, other = (json.loads(each.body)["ClientRequestToken"] for each in (*ours.requests, *others.requests))
    assert first == second != other


def test_a_retry_never_waits_beyond_the_deadline(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda _self, _context: 1.0)
    slept: list[float] = []
    dynamodb = session.create_client("dynamodb", region_name="eu-west-1", config=CLIENT_CONFIG)
    service = Service(dynamodb, sleep=slept.append)
    for remaining, attempts in ((0.9, 1), (1.5, 2)):
        aws = ScriptedAws(OUTCOMES["throttled"])
        throttled = pytest.raises(ClientError, match="ThrottlingException")
        with request_deadline((RESERVE + remaining) * 1000), throttled:
            Client(service, lambda: KEYS, aws.send).put_item(**parameters_of("PutItem"))
        assert len(aws.requests) == attempts
    assert slept == [1.0]


def test_a_client_has_the_methods_of_its_service_alone(session: Any) -> None:
    service = Service(session.create_client("dynamodb", region_name="eu-west-1"))
    with pytest.raises(AttributeError, match="assume_role"):
        _ = Client(service, lambda: KEYS, ScriptedAws(OUTCOMES["rows"]).send).assume_role


def test_nothing_is_sent_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    aws = ScriptedAws(OUTCOMES["rows"])
    monkeypatch.setattr("gate.platform.aws.clients.AwsTransport", lambda: aws)
    aws_clients.cache_clear()
    try:
        with pytest.raises(NoCredentialsError):
            client("dynamodb", region="eu-west-1").put_item(**parameters_of("PutItem"))
    finally:
        aws_clients.cache_clear()
    assert aws.requests == []
