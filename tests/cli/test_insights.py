"""Queries of the log: they are split where a result is full, and stopped if nobody waits for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cli.errors import CommandError
from cli.insights import MAX_ROWS, Insights, LogGroup

QUERY = "filter ispresent(a) | stats count(*) as uses by a"


def _no_progress(_seconds: int) -> None:
    return None


@dataclass
class FakeLogs:
    """CloudWatch Logs with one event for each of `times`, in epoch seconds."""

    times: list[int] = field(default_factory=list)
    ends_as: Callable[[int], str] = lambda _seconds: "Complete"
    """How a query ends, by the seconds that it is about."""
    running: int = 2
    """How often a query is found to run."""
    on_poll: Callable[[], None] = lambda: None
    queries: list[tuple[int, int]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    polls: int = 0

    def start_query(self, **parameters: Any) -> Mapping[str, Any]:
        assert (parameters["logGroupName"], parameters["queryString"]) == ("group", QUERY)
        assert parameters["limit"] == MAX_ROWS
        self.queries.append((parameters["startTime"], parameters["endTime"]))
        self.polls = 0
        return {"queryId": f"q{len(self.queries)}"}

    def get_query_results(self, **parameters: str) -> Mapping[str, Any]:
        self.on_poll()
        self.polls += 1
        if self.polls <= self.running:
            return {"status": "Scheduled" if self.polls == 1 else "Running", "results": [[]]}
        start, end = self.queries[int(parameters["queryId"][1:]) - 1]
        found = [each for each in self.times if start <= each <= end]
        rows = [[{"field": "a", "value": str(each)}, {"field": "uses", "value": "1"}] for each in found]
        return {"status": self.ends_as(end - start + 1), "results": rows[:MAX_ROWS]}

    def stop_query(self, **parameters: str) -> None:
        self.stopped.append(parameters["queryId"])


def _values(logs: FakeLogs, first: int, last: int, on_progress: Callable[[int], None] = _no_progress) -> list[int]:
    insights = Insights(logs, "group", sleep=lambda _seconds: None)
    return [int(row["a"]) for row in insights.rows(QUERY, first, last, on_progress)]


def test_a_result_that_is_not_full_takes_one_query() -> None:
    logs, done = FakeLogs([5, 7, 11]), list[int]()
    assert _values(logs, 5, 10, done.append) == [5, 7]
    assert (logs.queries, logs.stopped, done) == ([(5, 10)], [], [6])


def test_a_full_result_is_asked_for_in_halves_until_nothing_is_missing() -> None:
    times = [number // 100 for number in range(MAX_ROWS * 3)]
    logs, done = FakeLogs(times), list[int]()
    assert sorted(_values(logs, 0, 400, done.append)) == times
    whole = [each for each in logs.queries if len([time for time in times if each[0] <= time <= each[1]]) < MAX_ROWS]
    seconds = [second for start, end in whole for second in range(start, end + 1)]
    assert sorted(seconds) == list(range(401))
    assert sum(done) == 401


def test_a_full_second_is_an_error() -> None:
    with pytest.raises(CommandError, match="too many rows"):
        _values(FakeLogs([3] * MAX_ROWS), 0, 9)


def test_a_query_that_takes_too_long_is_asked_for_in_halves() -> None:
    logs = FakeLogs([1, 6], ends_as=lambda seconds: "Timeout" if seconds > 4 else "Complete")
    assert sorted(_values(logs, 0, 7)) == [1, 6]
    assert logs.queries == [(0, 7), (0, 3), (4, 7)]


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "Unknown"])
def test_a_query_that_fails_is_an_error(status: str) -> None:
    with pytest.raises(CommandError, match=f"ended as {status}"):
        _values(FakeLogs([1], ends_as=lambda _seconds: status), 0, 9)


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (EndpointConnectionError(endpoint_url="https://logs"), CommandError),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetQueryResults"), CommandError),
    ],
    ids=["ctrl-c", "network", "denied"],
)
def test_a_query_that_nobody_waits_for_is_stopped(error: BaseException, raised: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    logs = FakeLogs([1], on_poll=fail)
    with pytest.raises(raised):
        _values(logs, 0, 9)
    assert (logs.queries, logs.stopped) == ([(0, 9)], ["q1"])


def test_a_query_that_has_ended_meanwhile_cannot_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    def refuse(self: FakeLogs, **parameters: str) -> None:
        raise ClientError({"Error": {"Code": "InvalidParameterException"}}, "StopQuery")

    monkeypatch.setattr(FakeLogs, "stop_query", refuse)
    with pytest.raises(KeyboardInterrupt):
        _values(FakeLogs(on_poll=interrupt), 0, 9)


class FakeAccess:
    """An account with the log groups `group-2`, which has the wanted name as its prefix, and `group`."""

    region = "eu-west-1"

    def client(self, service: str) -> Any:
        assert service == "logs"
        return self

    def get_paginator(self, operation: str) -> Any:
        assert operation == "describe_log_groups"
        return self

    def paginate(self, **_parameters: str) -> list[Any]:
        return [
            {"logGroups": [{"logGroupName": "group-2", "creationTime": 1, "retentionInDays": 1}]},
            {"logGroups": [{"logGroupName": "group", "creationTime": 1_800_000_000_500}]},
        ]


def test_a_log_group_is_found_by_its_whole_name() -> None:
    aws: Any = FakeAccess()
    assert LogGroup.find(aws, "group") == LogGroup("group", 1_800_000_000.5, None)
    assert LogGroup.find(aws, "group-2").days == 1
    with pytest.raises(CommandError, match="There is no log group grou in eu-west-1"):
        LogGroup.find(aws, "grou")
