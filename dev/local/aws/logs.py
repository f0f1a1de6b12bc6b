"""CloudWatch Logs: the log groups of the functions, and Logs Insights."""

import json
import logging
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gate.platform.log import logger
from local.aws import insights_query
from local.aws.calls import ApiError, Call
from local.aws.sessions import Identity
from local.template import ACCOUNT, REGION

DAY = 86_400
MAX_LINES = 100_000
"""Lines that a group keeps; earlier ones are removed."""

MAX_QUERY_LENGTH, MAX_ROWS = 10_000, 10_000
"""Of StartQuery. More rows need the pages of GetQueryResults, which this module lacks (API reference)."""


@dataclass(eq=False)
class LogGroup:
    """One log group."""

    name: str
    days: int
    """The days for which it keeps lines."""
    created: float
    """Epoch seconds."""
    lines: deque[tuple[float, Mapping[str, Any]]] = field(default_factory=lambda: deque(maxlen=MAX_LINES))
    """Lines with their times in epoch seconds, the oldest first."""


@dataclass(eq=False)
class _Query:
    rows: list[dict[str, str]]
    status: str = "Scheduled"


class Logs(logging.Handler):
    """Keeps what the functions log, and answers the calls about it."""

    def __init__(
        self, groups: Sequence[str], *, days: int, writes_to: Callable[[], str], clock: Callable[[], float]
    ) -> None:
        """`groups`: their names. `days`: for how many days each keeps lines.

        `writes_to`: returns the name of the group of the function that runs.
        """
        super().__init__()
        self.setFormatter(logger.registered_formatter)
        self._writes_to = writes_to
        self._clock = clock
        self.groups = {name: LogGroup(name, days, clock()) for name in groups}
        self._queries: dict[str, _Query] = {}

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Keep what the functions log, until the block is left."""
        functions = logging.getLogger(logger.service)
        functions.addHandler(self)
        try:
            yield
        finally:
            functions.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, in the format of the functions."""
        self.groups[self._writes_to()].lines.append((self._clock(), json.loads(self.format(record))))

    def answer(self, call: Call, _identity: Identity | None) -> dict[str, Any] | None:
        """Return the answer to `call`, or None for all others. Raises `ApiError`."""
        parameters = call.parameters
        match call.service, call.operation:
            case "logs", "DescribeLogGroups":
                prefix = parameters.get("logGroupNamePrefix", "")
                return {
                    "logGroups": [_described(each) for each in self.groups.values() if each.name.startswith(prefix)]
                }
            case "logs", "StartQuery":
                return {"queryId": self._start(parameters)}
            case "logs", "GetQueryResults":
                return self._results(self._query(parameters["queryId"]))
            case "logs", "StopQuery":
                query = self._query(parameters["queryId"])
                if query.status not in ("Scheduled", "Running"):
                    raise ApiError("InvalidParameterException", "The specified query is not running.")
                query.status = "Cancelled"
                return {"success": True}
        return None

    def _start(self, parameters: Mapping[str, Any]) -> str:
        group = self.groups.get(parameters["logGroupName"])
        start, end, limit = parameters["startTime"], parameters["endTime"], parameters.get("limit", MAX_ROWS)
        if group is None:
            raise ApiError("ResourceNotFoundException", f"Log group '{parameters['logGroupName']}' does not exist")
        if start > end or not 1 <= limit <= MAX_ROWS or len(parameters["queryString"]) > MAX_QUERY_LENGTH:
            raise ApiError("InvalidParameterException", "The time range, the limit or the query string is invalid.")
        oldest = max(group.created, self._clock() - group.days * DAY)
        if end < int(oldest):
            raise ApiError(
                "MalformedQueryException",
                "end date and time is either before the log groups creation time or exceeds the log groups log "
                "retention settings",
            )
        lines = [line for time, line in group.lines if max(start, oldest) <= time < end + 1]
        query_id = str(uuid.uuid4())
        self._queries[query_id] = _Query(insights_query.run(parameters["queryString"], lines)[:limit])
        return query_id

    def _query(self, query_id: str) -> _Query:
        if query_id not in self._queries:
            raise ApiError("ResourceNotFoundException", "The specified query does not exist.")
        return self._queries[query_id]

    def _results(self, query: _Query) -> dict[str, Any]:
        """Return the state of a query. The first call finds that it runs, and the next one its result."""
        shown = query.status = {"Scheduled": "Running", "Running": "Complete"}.get(query.status, query.status)
        rows = query.rows if shown == "Complete" else []
        return {
            "status": shown,
            "results": [[{"field": name, "value": value} for name, value in row.items()] for row in rows],
        }


def _described(group: LogGroup) -> dict[str, Any]:
    return {
        "logGroupName": group.name,
        "creationTime": int(group.created * 1_000),
        "retentionInDays": group.days,
        "arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group.name}:*",
    }
