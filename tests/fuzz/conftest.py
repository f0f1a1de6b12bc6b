"""Hostile input: a few cases in each `make test`, very many in `make fuzz`, which writes their numbers."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from gate.platform.log import logger
from testing.asking import asking  # noqa: F401
from testing.fixtures import _issuer, harness, issuer, slack  # noqa: F401
from trials.fuzz_report import write

settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=10_000,
    database=None,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
)

_cases: Counter[str] = Counter()


@pytest.fixture
def count_case(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Counts one case under the first line of the test's docstring, for the table."""
    name = str(request.function.__doc__).strip().partition("\n")[0].rstrip(".")

    def count() -> None:
        _cases[name] += 1

    return count


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Returns the log lines of the function since the last call. A line that is not valid JSON fails the test."""
    stream, log_handler = io.StringIO(), logger.registered_handler
    saved = log_handler.stream
    log_handler.setStream(stream)

    def read() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in stream.getvalue().split("\n")[:-1]]
        stream.seek(0)
        stream.truncate()
        return lines

    yield read
    log_handler.setStream(saved)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _cases.update(node.workeroutput.get("cases", {}))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["cases"] = dict(_cases)
    elif session.config.getoption("--hypothesis-profile") == "fuzz" and exitstatus == 0:
        write(_cases)
