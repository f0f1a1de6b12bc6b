"""Runs queries of CloudWatch Logs Insights, whatever number of rows they have."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.aws import AwsAccess, aws_errors
from cli.errors import CommandError

MAX_ROWS = 10_000
"""Rows in the result of one query (quotas of CloudWatch Logs)."""

POLL_INTERVAL = 1.0
"""Seconds between two calls that ask whether a query is complete."""

Row = dict[str, str]
"""The values of a row of a result, by the names of the fields."""


@dataclass(frozen=True)
class LogGroup:
    """A log group, with the time for which it has lines."""

    name: str
    created: float
    """Epoch seconds."""
    days: int | None
    """The days for which it keeps lines. None if it keeps them forever."""

    @classmethod
    def find(cls, aws: AwsAccess, name: str) -> "LogGroup":
        """Return the log group `name`. Raises `CommandError` if there is none."""
        pages = aws.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
        with aws_errors():
            for found in (group for page in pages for group in page["logGroups"] if group["logGroupName"] == name):
                return cls(name, found["creationTime"] / 1_000, found.get("retentionInDays"))
        raise CommandError(f"There is no log group {name} in {aws.region}, so nothing is known about uses")


class Insights:
    """The queries of one log group. Every method raises `CommandError` if AWS refuses a call."""

    def __init__(self, logs: Any, group: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._logs = logs
        self._group = group
        self._sleep = sleep

    def rows(
        self, query: str, first: int, last: int, on_progress: Callable[[int], None] = lambda _: None
    ) -> Iterator[Row]:
        """Yield the rows of `query` from `first` to `last`, both in epoch seconds and included.

        A result that is full, or a query that takes too long, is asked for again in two halves of the time. So a query
        with `stats` can yield several rows of one group. `on_progress` is called with the seconds that are done.
        Raises `CommandError` if one second has too many rows.
        """
        pending = [(first, last)]
        while pending:
            start, end = pending.pop()
            found = self._result(query, start, end)
            if found is not None and len(found) < MAX_ROWS:
                yield from found
                on_progress(end - start + 1)
            elif start < end:
                middle = (start + end) // 2
                pending += [(middle + 1, end), (start, middle)]
            else:
                raise CommandError(f"A query of the log group {self._group} has too many rows")

    def _result(self, query: str, start: int, end: int) -> list[Row] | None:
        """Return the rows of one query, or None if it takes longer than CloudWatch allows."""
        with aws_errors():
            query_id = self._logs.start_query(
                logGroupName=self._group, startTime=start, endTime=end, queryString=query, limit=MAX_ROWS
            )["queryId"]
        try:
            answer = self._completed(query_id)
        except BaseException:
            # Also on Ctrl-C: an unattended query continues, and costs money. If it has ended, AWS refuses to stop it.
            with suppress(ClientError, BotoCoreError):
                self._logs.stop_query(queryId=query_id)
            raise
        if answer["status"] == "Timeout":
            return None
        if answer["status"] != "Complete":
            raise CommandError(f"A query of the log group {self._group} ended as {answer['status']}: try again")
        return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]

    def _completed(self, query_id: str) -> Any:
        while True:
            with aws_errors():
                answer = self._logs.get_query_results(queryId=query_id)
            if answer["status"] not in ("Scheduled", "Running"):
                return answer
            self._sleep(POLL_INTERVAL)
