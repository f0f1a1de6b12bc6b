"""The local Logs Insights answers what `gate` asks, and refuses what CloudWatch refuses."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.grants.uses import BY_CALLER, BY_GRANT
from local.aws.calls import ApiError
from local.aws.insights_query import run
from local.aws.logs import DAY, LogGroup
from local.deployment import LocalDeployment
from testing.user import TestUser

COUNT = "stats count(*) as uses by a"


@pytest.fixture
def group(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> LogGroup:
    """The log group of the function that opens notebooks, which has existed for two days and keeps lines for one."""
    group = deployment.logs.groups[deployment.template.function.log_group]
    group.lines.clear()
    monkeypatch.setattr(group, "created", time.time() - 2 * DAY)
    monkeypatch.setattr(group, "days", 1)
    return group


@pytest.fixture
def logs(deployment: LocalDeployment) -> Iterator[Any]:
    client = deployment.operator("logs")
    yield client
    client.close()


def _start(logs: Any, group: LogGroup, **changes: Any) -> str:
    now = int(time.time())
    parameters = {"startTime": now - 60, "endTime": now, "queryString": f"filter ispresent(a) | {COUNT}"}
    return str(logs.start_query(**{"logGroupName": group.name, **parameters, **changes})["queryId"])


def _rows(logs: Any, query_id: str) -> list[dict[str, str]]:
    running = logs.get_query_results(queryId=query_id)
    assert (running["status"], running["results"]) == ("Running", [])
    answer = logs.get_query_results(queryId=query_id)
    assert answer["status"] == "Complete"
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]


def test_what_the_function_logs_can_be_queried(deployment: LocalDeployment, logs: Any, group: LogGroup) -> None:
    TestUser(deployment).open("/open/alice-notebook", "alice@example.com")
    now = int(time.time())
    found = _rows(logs, _start(logs, group, queryString=BY_GRANT, endTime=now + 1))
    assert found == [{"granted_to": "user:alice@example.com alice-notebook", "uses": "1"}]
    assert _rows(logs, _start(logs, group, queryString=BY_CALLER, endTime=now + 1)) == []
    (described,) = logs.describe_log_groups(logGroupNamePrefix=group.name)["logGroups"]
    assert (described["logGroupName"], described["retentionInDays"]) == (group.name, 1)
    assert abs(described["creationTime"] - (time.time() - 2 * DAY) * 1_000) < 60_000


def test_a_query_is_about_its_time_and_what_the_log_keeps(logs: Any, group: LogGroup) -> None:
    now = int(time.time())
    for age in (0, 59, 60, 61, DAY + 60):
        group.lines.append((now - age, {"a": f"{age}"}))
    assert [each["a"] for each in _rows(logs, _start(logs, group, startTime=now - 60, endTime=now))] == [
        "0",
        "59",
        "60",
    ]
    found = _rows(logs, _start(logs, group, startTime=0, endTime=now))
    assert [each["a"] for each in found] == ["0", "59", "60", "61"]
    assert len(_rows(logs, _start(logs, group, startTime=0, endTime=now, limit=2))) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"logGroupName": "other"}, "ResourceNotFoundException"),
        ({"startTime": 10, "endTime": 9}, "InvalidParameterException"),
        ({"startTime": 0, "endTime": 1}, "MalformedQueryException"),
        ({"limit": 10_001}, "InvalidParameterException"),
        ({"queryString": "filter " + "a" * 10_000}, "InvalidParameterException"),
        ({"queryString": "fields @timestamp | limit 3"}, "MalformedQueryException"),
    ],
)
def test_what_cloudwatch_refuses_is_refused(logs: Any, group: LogGroup, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as error:
        _start(logs, group, **changes)
    assert error.value.response["Error"]["Code"] == code


def test_a_query_is_stopped_once(logs: Any, group: LogGroup) -> None:
    query_id = _start(logs, group)
    assert logs.stop_query(queryId=query_id)["success"] is True
    assert logs.get_query_results(queryId=query_id)["status"] == "Cancelled"
    complete = _start(logs, group)
    _rows(logs, complete)
    for ended in (query_id, complete):
        with pytest.raises(logs.exceptions.InvalidParameterException):
            logs.stop_query(queryId=ended)
    for call in (logs.stop_query, logs.get_query_results):
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            call(queryId="none")


LINES = [{"a": "x", "b": 1}, {"a": "x", "b": 1.5}, {"a": "y"}, {"a": None, "b": True}, {"a": ["x"]}, {"b": 1}]


@pytest.mark.parametrize(
    ("condition", "counts"),
    [
        ('a = "x"', {"x": 2}),
        ('a in ["x", "y"]', {"x": 2, "y": 1}),
        ("ispresent(a)", {"x": 2, "y": 1}),
        ("not ispresent(a)", {None: 3}),
        ('ispresent(a) and not a = "x"', {"y": 1}),
        ('a = "x" and b = "1"', {"x": 1}),
        ('b = "true"', {None: 1}),
        ('a = "\\"" ', {}),
    ],
)
def test_conditions(condition: str, counts: dict[str | None, int]) -> None:
    rows = run(f"filter {condition} | {COUNT}", LINES)
    assert {row.get("a"): int(row["uses"]) for row in rows} == counts


@pytest.mark.parametrize(
    "query",
    [
        "",
        COUNT,
        "filter ispresent(a)",
        f"filter | {COUNT}",
        f"filter a | {COUNT}",
        f"filter a = x | {COUNT}",
        f"filter a like /x/ | {COUNT}",
        f'filter a = "x" or a = "y" | {COUNT}',
        f'filter a = "x | {COUNT}',
        f"filter a in [] | {COUNT}",
        f'filter "a" = "x" | {COUNT}',
        f"filter ispresent(a) | {COUNT} | limit 3",
        f"filter ispresent(a) | {COUNT},",
        "filter ispresent(a) | stats count(a) as uses by a",
        "filter ispresent(a) | stats count(*) as uses",
        "filter ispresent(a) | stats max(@timestamp) as last by a",
        f"filter ispresent(a) ; {COUNT}",
    ],
)
def test_a_query_that_is_not_known_is_refused(query: str) -> None:
    with pytest.raises(ApiError) as error:
        run(query, LINES)
    assert error.value.code == "MalformedQueryException"
