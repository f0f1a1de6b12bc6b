"""Hostile input. A few cases in each `make test`; `make fuzz` tries very many, and writes how many it were."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from gate.log import logger
from tests.unit.conftest import _issuer, harness, issuer, slack  # noqa: F401
from trials.fuzz_report import write

settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=10_000,
    database=None,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
)

_tried: Counter[str] = Counter()


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Counts one case, for the table."""
    name = str(request.function.__doc__).strip().partition("\n")[0].rstrip(".")

    def count() -> None:
        _tried[name] += 1

    return count


@pytest.fixture
def written() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Return the lines that the function logged since it was last asked; each must be whole, and its own."""
    stream, handled = io.StringIO(), logger.registered_handler
    kept = handled.stream
    handled.setStream(stream)

    def read() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in stream.getvalue().split("\n")[:-1]]
        stream.seek(0)
        stream.truncate()
        return lines

    yield read
    handled.setStream(kept)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _tried.update(node.workeroutput.get("tried", {}))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tried"] = dict(_tried)
    elif session.config.getoption("--hypothesis-profile") == "fuzz" and exitstatus == 0:
        write(_tried)


CORPUS = [json.loads(line) for line in (Path(__file__).parent / "redirects.jsonl").read_text().splitlines()]
