"""Each dependency fails in each way at one endpoint that needs it. `make faults` covers all endpoints."""

from collections.abc import Iterator

import pytest

from gate.routes import ROUTES
from trials.dependency_proxy import Fault, faults_of
from trials.endpoints import ENDPOINTS, Endpoint
from trials.faults import DEPENDENCIES, NOT_CALLED, FaultInjector, FaultResult

HANG_LIMITS_MS = (3000, 6000, 12_000)
"""A request that hangs takes two seconds here, and nine in `make faults`, which checks response times as well. It gets
more time if a busy machine needs all of it for the calls before the one that hangs."""

ENDPOINT_OF = {
    "secretsmanager": "GET /open/{notebook}",
    "dynamodb": "GET /open/{notebook}, ticket",
    "sts": "POST …/start",
    "sagemaker": "GET /open/{notebook}, ticket",
    "lambda": "POST /slack, command",
    "issuer": "GET /login/callback",
    "slack": "POST /slack, shortcut",
}


@pytest.fixture(scope="module")
def injector() -> Iterator[FaultInjector]:
    with FaultInjector.running(hang_limit_ms=HANG_LIMITS_MS[0]) as injector:
        yield injector


def _inject(injector: FaultInjector, endpoint: Endpoint, name: str, fault: Fault) -> FaultResult:
    for injector.hang_limit_ms in HANG_LIMITS_MS:
        result = injector.inject(endpoint, name, fault)
        assert result
        if NOT_CALLED not in result.violations:
            break
    return result


def test_every_route_has_an_endpoint() -> None:
    named = {endpoint.name.partition(",")[0].replace("…", "/notebooks/{notebook}") for endpoint in ENDPOINTS}
    assert named == {f"{method} {path}" for method, path in ROUTES}


def _named(name: str) -> Endpoint:
    return next(endpoint for endpoint in ENDPOINTS if endpoint.name == name)


@pytest.mark.parametrize(("name", "fault"), [(name, fault) for name in DEPENDENCIES for fault in faults_of(name)])
def test_a_failing_dependency_gives_an_error_with_a_reason(injector: FaultInjector, name: str, fault: Fault) -> None:
    result = _inject(injector, _named(ENDPOINT_OF[name]), name, fault)
    assert result.violations == []
    # An asynchronous invocation succeeds as soon as its status arrives, however slowly the rest follows.
    assert result.reason or (name, fault) == ("lambda", Fault.TRICKLE)


OF_SLACK = [endpoint for endpoint in ENDPOINTS if "slack" in endpoint.dependencies]


@pytest.mark.parametrize("endpoint", OF_SLACK, ids=lambda endpoint: endpoint.name)
def test_without_slack_its_requests_get_a_reason(injector: FaultInjector, endpoint: Endpoint) -> None:
    """`test_an_endpoint_writes_no_secret` shows that the other endpoints never call Slack."""
    result = injector.inject(endpoint, "slack", Fault.REFUSED)
    assert result
    assert result.violations == []
    assert result.reason
