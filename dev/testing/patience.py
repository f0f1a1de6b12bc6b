"""Time for requests on a busy machine."""

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from gate.platform.deadline import RESPONSE_LIMIT
from gate.routes import ROUTES


@pytest.fixture(scope="module", autouse=True)
def patient_slack() -> Iterator[None]:
    """Give a request from Slack as long as one from a browser. Slack waits for three seconds.

    The first request imports modules, and may take longer on a busy machine. `make faults` measures Slack's limit.
    """
    route = ("POST", "/slack")
    with patch.dict(ROUTES, {route: replace(ROUTES[route], time_limit=RESPONSE_LIMIT)}):
        yield
